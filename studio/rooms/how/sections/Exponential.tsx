// The exponential of a convolution as a series.
import { useState } from 'preact/hooks';
import { decimal } from '../../../numbers.ts';
import { Slider } from '../../../parts/Slider.tsx';
import { exponentialTerms, sumImages } from '../maths/layers.ts';
import { Figure, Panel } from '../parts/Figure.tsx';
import { PixelGrid } from '../parts/PixelGrid.tsx';
import { Source } from '../parts/Source.tsx';

const SIZE = 13;
/** Enough terms for every norm offered. */
const ALL = 40;
const MOST = 16;
/** The absolute values sum to 1. */
const KERNEL = [0.05, -0.2, 0.05, 0.15, 0.1, 0.15, -0.05, 0.2, -0.05];

/** The section. */
export function Exponential() {
  return (
    <>
      <p>
        For any convolution M, e<sup>M</sup> has the inverse e<sup>−M</sup>. It is a series of powers of M,
        that is repeated convolutions, divided by n!. The terms reach ever further, but soon vanish. ln|det|
        is the trace of M, to which only the kernel’s centre contributes (
        <Source of="convexp">Hoogeboom and others, 2020</Source>).
      </p>
      <Series />
    </>
  );
}

/** The figure. */
export function Series() {
  const [terms, setTerms] = useState(2);
  const [norm, setNorm] = useState(1);
  const [pixel, setPixel] = useState(6 * SIZE + 6);
  const image = Array.from({ length: SIZE * SIZE }, (_, index) => (index === pixel ? 1 : 0));
  const kernel = KERNEL.map((weight) => norm * weight);
  const allTerms = exponentialTerms(image, kernel, ALL);
  const sum = sumImages(allTerms.slice(0, terms + 1));
  const missing = largest(sumImages(allTerms.slice(terms + 1)));
  const newest = allTerms[terms]!;
  return (
    <Figure
      title="The series for one pixel"
      controls={
        <>
          <Slider label="Last term n" value={terms} most={MOST} onChange={setTerms} />
          <Slider
            label="Norm of M"
            value={norm}
            least={0.25}
            most={4}
            step={0.25}
            shown={decimal(norm)}
            onChange={setNorm}
          />
        </>
      }
      description={
        <>
          The largest value of term {terms} is {small(largest(newest))}; later terms change values by at most{' '}
          {small(missing)}.{' '}
          {missing < 2 ** -24 ? 'That is below float32 rounding.' : 'That is still above float32 rounding.'}{' '}
          ln|det| is {decimal(kernel[4]!)} per pixel, for any number of terms.
        </>
      }
    >
      <div class="how-panels how-two">
        {[
          { title: `term Mⁿx / n! for n = ${terms}`, values: newest },
          { title: 'partial sum', values: sum },
        ].map(({ title, values }) => (
          <Panel key={title} title={title}>
            <Signed label={title} values={values} selected={pixel} onSelect={setPixel} />
          </Panel>
        ))}
      </div>
    </Figure>
  );
}

interface SignedProps {
  readonly label: string;
  readonly values: readonly number[];
  readonly selected: number;
  onSelect(pixel: number): void;
}

/** Values as colours: positive and negative, stronger for larger ones. */
function Signed({ label, values, selected, onSelect }: SignedProps) {
  const largestValue = largest(values);
  return (
    <PixelGrid
      height={SIZE}
      width={SIZE}
      label={label}
      look={(index) => {
        const value = values[index]!;
        return value === 0
          ? { class: 'how-empty' }
          : {
              class: value > 0 ? 'how-first' : 'how-second',
              opacity: 0.1 + 0.9 * Math.sqrt(Math.abs(value) / largestValue),
            };
      }}
      selected={selected}
      onSelect={onSelect}
    />
  );
}

function largest(values: readonly number[]): number {
  return Math.max(...values.map(Math.abs));
}

/** A number that may be tiny. */
function small(value: number): string {
  return value >= 0.001 || value === 0 ? decimal(value, 3) : value.toExponential(0).replace('-', '−');
}
