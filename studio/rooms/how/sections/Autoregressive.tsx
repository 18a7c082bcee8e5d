// Masked autoregressive layers: each value depends on later ones, so the inverse is iterative.
import { useState } from 'preact/hooks';
import { plural } from '../../../numbers.ts';
import { Slider } from '../../../parts/Slider.tsx';
import { dependsOn, settledIn } from '../maths/layers.ts';
import { Figure, Panel } from '../parts/Figure.tsx';
import { PixelGrid } from '../parts/PixelGrid.tsx';
import { Source } from '../parts/Source.tsx';

const SIZE = 9;
const settled = settledIn(SIZE);
const LAST = Math.max(...settled);

/** The section. */
export function Autoregressive() {
  return (
    <>
      <p>
        A network scales and shifts every value, given the values after it in a fixed order. Forwards, that is
        one pass over the image. Backwards, a value can be computed only when its dependencies are known: the
        inverse repeats the pass, and each iteration settles more values (
        <Source of="maf">Papamakarios, Pavlakou and Murray, 2017</Source>).
      </p>
      <Settling />
    </>
  );
}

/** The figure. */
export function Settling() {
  const [pixel, setPixel] = useState(3 * SIZE + 4);
  const [iteration, setIteration] = useState(4);
  const read = new Set(dependsOn(pixel, SIZE));
  const settledCount = settled.filter((settling) => settling <= iteration).length;
  return (
    <Figure
      title="The dependencies of a value"
      controls={
        <Slider label="Iterations of the inverse" value={iteration} most={LAST} onChange={setIteration} />
      }
      description={
        <>
          The pixel in row {Math.floor(pixel / SIZE) + 1}, column {(pixel % SIZE) + 1} depends on{' '}
          {plural(read.size, 'pixel')} through the two 3x3 convolutions of the network; it settles in
          iteration {settled[pixel]}. After {plural(iteration, 'iteration')}, at least {settledCount} of{' '}
          {SIZE * SIZE} pixels are settled; after {LAST}, all.
        </>
      }
    >
      <div class="how-panels how-two">
        <Panel title="the dependencies of a pixel’s scale and shift">
          <PixelGrid
            height={SIZE}
            width={SIZE}
            label="The dependencies of a pixel"
            look={(index) => ({ class: read.has(index) ? 'how-first' : 'how-empty' })}
            selected={pixel}
            onSelect={setPixel}
          />
        </Panel>
        <Panel title="the inverse: orange pixels are not settled yet">
          <PixelGrid
            height={SIZE}
            width={SIZE}
            label="Settled pixels"
            look={(index) => ({ class: settled[index]! <= iteration ? 'how-solved' : 'how-unsolved' })}
            selected={pixel}
            onSelect={setPixel}
          />
        </Panel>
      </div>
    </Figure>
  );
}
