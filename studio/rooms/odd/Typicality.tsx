// Why a likely image can be odd: the density of a point and the density of distances, in any number of dimensions.
import { useState } from 'preact/hooks';
import { counted } from '../../numbers.ts';
import { Picture, selectImage } from '../../parts/Picture.tsx';
import { Slider } from '../../parts/Slider.tsx';
import type { NamedImages } from './alteredSet.ts';
import { describeShell, distanceDensity, pointDensity, REACH } from './shell.ts';

interface TypicalityProps {
  readonly set: NamedImages;
  /** The bits/dim of each image. */
  readonly bits: readonly number[];
}

const STEPS = 240;

/** The figure, with one slider. */
export function Typicality({ set, bits }: TypicalityProps) {
  const [height, width, channels] = set.shape;
  const values = height * width * channels;
  const choices = [1, 2, 3, 5, 10, 20, 50, 100, 200, 500].filter((count) => count < values).concat(values);
  const [choice, setChoice] = useState(choices.length - 1);
  const dimensions = choices[choice]!;
  const isModel = dimensions === values;
  const line = (density: (distance: number) => number): string =>
    Array.from({ length: STEPS + 1 }, (_, index) => {
      const distance = (REACH * index) / STEPS;
      return `${(distance / REACH).toFixed(4)},${(1 - density(distance)).toFixed(4)}`;
    }).join(' ');
  const likeliest = bits.indexOf(Math.min(...bits));
  const usual = nearest(bits, median(bits));
  const marked = [...new Set([likeliest, usual])];
  const count = (image: number): string => counted(Math.round(bits[image]! * values));
  /** Where an image is in the strip, in percent: the usual one as in the plot. */
  const position = (image: number): number => Math.min(100, (100 * bits[image]!) / bits[usual]! / REACH);
  return (
    <section class="odd-why panel" aria-labelledby="odd-why-title">
      <h2 id="odd-why-title">Why a likely image can be odd</h2>
      <Slider
        label="Dimensions"
        value={choice}
        most={choices.length - 1}
        shown={`${counted(dimensions)}${isModel ? ': the values of an image' : ''}`}
        ends={['1', counted(values)]}
        onChange={setChoice}
      />
      <div class="odd-shell">
        <svg
          viewBox="0 0 1 1"
          preserveAspectRatio="none"
          role="img"
          aria-label="Density of one point, and density of distances, by distance from the most likely point"
        >
          <polyline class="odd-shell-distance" points={`0,1 ${line(distanceDensity(dimensions))} 1,1`} />
          <polyline class="odd-shell-point" points={line(pointDensity(dimensions))} />
        </svg>
      </div>
      <div class="odd-axis" aria-hidden="true">
        {[0, 0.5, 1, 1.5].map((tick) => (
          <span key={tick} style={{ left: `${(100 * tick) / REACH}%` }}>
            {tick}
          </span>
        ))}
      </div>
      <p class="odd-shell-key">
        <span class="odd-shell-point">Density of one point</span>
        <span class="odd-shell-distance">Density of all points at a distance</span>
        <span class="quiet">Distance from the most likely point; 1 is the typical one.</span>
      </p>
      <p aria-live="polite" data-testid="shell">
        {describeShell(dimensions)}
      </p>
      <div class="odd-strip" aria-hidden="true">
        {bits.map((_, image) => (
          // Images keep their order.
          <span key={image} class="odd-tick" style={{ left: `${position(image)}%` }} />
        ))}
        {marked.map((image) => (
          <div key={image} class="odd-shell-image framed" style={{ left: `${position(image)}%` }}>
            <Picture image={selectImage(set, image)} />
          </div>
        ))}
      </div>
      <div class="odd-axis" aria-hidden="true">
        {marked.map((image) => (
          <span key={image} style={{ left: `${position(image)}%` }}>
            {count(image)} bits
          </span>
        ))}
      </div>
      {likeliest !== usual && (
        <p data-testid="likeliest">
          The same holds for images, here by their bits. The model gives{' '}
          <strong>{set.names[likeliest]}</strong> {count(likeliest)} bits and{' '}
          <strong>{set.names[usual]}</strong> {count(usual)}, so its density is 2
          <sup>{counted(Math.round((bits[usual]! - bits[likeliest]!) * values))}</sup> times as high. Yet it
          is odd: there are so many images of about the usual bits that nearly all are there. Typicality asks
          whether an image has as many bits as usual, not whether it has few.
        </p>
      )}
    </section>
  );
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((first, second) => first - second)[Math.floor(numbers.length / 2)]!;
}

/** The index of the number nearest to a value. */
function nearest(numbers: readonly number[], value: number): number {
  const gaps = numbers.map((number) => Math.abs(number - value));
  return gaps.indexOf(Math.min(...gaps));
}
