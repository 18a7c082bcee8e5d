// Butterfly matrices: pairs at doubling distances.
import { useState } from 'preact/hooks';
import { plural } from '../../../numbers.ts';
import { Slider } from '../../../parts/Slider.tsx';
import { factorDistances, mixedInto } from '../maths/layers.ts';
import { Figure, Panel } from '../parts/Figure.tsx';
import { PixelGrid } from '../parts/PixelGrid.tsx';
import { Source } from '../parts/Source.tsx';

const [HEIGHT, WIDTH] = [4, 8];
const VALUES = HEIGHT * WIDTH;
const distances = factorDistances(VALUES);

/** The section. */
export function Butterfly() {
  return (
    <>
      <p>
        A butterfly matrix mixes values only in pairs, but at distances that double from factor to factor.
        Each factor doubles the number of values that an output depends on, so a few factors cover the whole
        image, as in a fast Fourier transform. The determinant is a product of 2 × 2 determinants (
        <Source of="butterfly">Meng and others, 2022</Source>).
      </p>
      <Pairs />
    </>
  );
}

/** The figure. */
export function Pairs() {
  const [count, setCount] = useState(2);
  const [pixel, setPixel] = useState(13);
  const used = distances.slice(0, count);
  const rows = Array.from({ length: VALUES }, (_, j) => new Set(mixedInto(j, used, VALUES)));
  const read = rows[pixel]!;
  return (
    <Figure
      title="Pairs at doubling distances"
      controls={<Slider label="Factors" value={count} most={distances.length} onChange={setCount} />}
      description={
        <>
          {count === 0 ? 'Without factors' : `After ${plural(count, 'factor')} (distance ${used.join(', ')})`}
          , value {pixel + 1} depends on {read.size} of {VALUES} values. The factors have {2 * VALUES * count}{' '}
          parameters, a full matrix {VALUES ** 2}.
        </>
      }
    >
      <div class="how-panels how-two">
        <Panel title="the dependencies of a value, in a single-channel image">
          <PixelGrid
            height={HEIGHT}
            width={WIDTH}
            label="The dependencies of a value"
            look={(index) => ({ class: read.has(index) ? 'how-first' : 'how-empty' })}
            selected={pixel}
            onSelect={setPixel}
          />
        </Panel>
        <Panel title="nonzero entries of the product">
          <PixelGrid
            height={VALUES}
            width={VALUES}
            label="Nonzero entries of the product of the factors"
            look={(index) => {
              const [row, column] = [Math.floor(index / VALUES), index % VALUES];
              const look = row === pixel ? 'how-first' : 'how-both';
              return { class: rows[row]!.has(column) ? look : 'how-empty' };
            }}
          />
        </Panel>
      </div>
    </Figure>
  );
}
