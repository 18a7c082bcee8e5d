// Butterfly matrices: pairs at distances that double, until every value reaches every other.
import { useState } from 'preact/hooks';
import { Slider } from '../../../parts/Slider.tsx';
import { distancesOf, mixedInto } from '../maths/butterfly.ts';
import { Figure, Panel } from '../parts/Figure.tsx';
import { PixelGrid } from '../parts/PixelGrid.tsx';
import { Source } from '../parts/Source.tsx';
import { some } from '../parts/text.ts';

const [HEIGHT, WIDTH] = [4, 8];
const VALUES = HEIGHT * WIDTH;
const distances = distancesOf(VALUES);

/** The section. */
export function Butterfly() {
  return (
    <>
      <p>
        A butterfly matrix mixes values in pairs only, but at distances that double from factor to factor.
        Each factor doubles the number of values that one depends on, so a few factors reach the whole image,
        as in a fast Fourier transform. Its determinant is the product of those of 2 × 2 matrices (
        <Source of="butterfly">Meng and others, 2022</Source>).
      </p>
      <Pairs />
    </>
  );
}

/** Its figure. */
export function Pairs() {
  const [count, setCount] = useState(2);
  const [pixel, setPixel] = useState(13);
  const used = distances.slice(0, count);
  const rows = Array.from({ length: VALUES }, (_, j) => new Set(mixedInto(j, used, VALUES)));
  const read = rows[pixel]!;
  return (
    <Figure
      title="Pairs at distances that double"
      controls={
        <Slider
          label="Factors"
          value={count}
          least={0}
          most={distances.length}
          step={1}
          shown={String(count)}
          onChange={setCount}
        />
      }
      description={
        <>
          {count === 0 ? 'Without a factor' : `After the factors of distance ${used.join(', ')}`} value{' '}
          {pixel + 1} depends on {some(read.size, 'value')} of {VALUES}. The factors have {2 * VALUES * count}{' '}
          numbers, a full matrix {VALUES ** 2}.
        </>
      }
    >
      <div class="how-panels how-two">
        <Panel title="what a value is computed from, in an image of one channel">
          <PixelGrid
            height={HEIGHT}
            width={WIDTH}
            label="What a value is computed from"
            look={(place) => ({ class: read.has(place) ? 'how-first' : 'how-empty' })}
            selected={pixel}
            onSelect={setPixel}
          />
        </Panel>
        <Panel title="the product of the factors: where it is not 0">
          <PixelGrid
            height={VALUES}
            width={VALUES}
            label="Where the product of the factors is not 0"
            look={(place) => {
              const [row, column] = [Math.floor(place / VALUES), place % VALUES];
              const look = row === pixel ? 'how-first' : 'how-both';
              return { class: rows[row]!.has(column) ? look : 'how-empty' };
            }}
          />
        </Panel>
      </div>
    </Figure>
  );
}
