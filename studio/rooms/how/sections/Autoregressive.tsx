// The masked autoregressive layer: each value follows from later ones, and the inverse has to wait for them.
import { useState } from 'preact/hooks';
import { Slider } from '../../../parts/Slider.tsx';
import { dependsOn, settledIn } from '../maths/order.ts';
import { Figure, Panel } from '../parts/Figure.tsx';
import { PixelGrid } from '../parts/PixelGrid.tsx';
import { Source } from '../parts/Source.tsx';
import { some } from '../parts/text.ts';

const SIZE = 9;
const settled = settledIn(SIZE);
const LAST = Math.max(...settled);

/** The section. */
export function Autoregressive() {
  return (
    <>
      <p>
        Here every value is scaled and shifted by a network of the values after it in a fixed order. Forwards
        that is one pass over the image. Backwards a value has to wait until those that it depends on are
        known: the inverse repeats its pass, and in each more values settle (
        <Source of="maf">Papamakarios, Pavlakou and Murray, 2017</Source>).
      </p>
      <Settling />
    </>
  );
}

/** Its figure. */
export function Settling() {
  const [pixel, setPixel] = useState(3 * SIZE + 4);
  const [iteration, setIteration] = useState(4);
  const read = new Set(dependsOn(pixel, SIZE));
  const known = settled.filter((one) => one <= iteration).length;
  return (
    <Figure
      title="What a value waits for"
      controls={
        <Slider
          label="Iterations of the inverse"
          value={iteration}
          least={0}
          most={LAST}
          step={1}
          shown={String(iteration)}
          onChange={setIteration}
        />
      }
      description={
        <>
          The pixel in row {Math.floor(pixel / SIZE) + 1}, column {(pixel % SIZE) + 1} depends on{' '}
          {some(read.size, 'pixel')} through the two 3 × 3 convolutions of its network; it settles in
          iteration {settled[pixel]}. After {some(iteration, 'iteration')} {known} of {SIZE * SIZE} are
          settled for certain; all are after {LAST}.
        </>
      }
    >
      <div class="how-panels how-two">
        <Panel title="what the scale and the shift of a pixel are computed from">
          <PixelGrid
            height={SIZE}
            width={SIZE}
            label="What a pixel depends on"
            look={(place) => ({ class: read.has(place) ? 'how-first' : 'how-empty' })}
            selected={pixel}
            onSelect={setPixel}
          />
        </Panel>
        <Panel title="the inverse: orange pixels are not settled yet">
          <PixelGrid
            height={SIZE}
            width={SIZE}
            label="Which pixels are settled"
            look={(place) => ({ class: settled[place]! <= iteration ? 'how-solved' : 'how-unsolved' })}
            selected={pixel}
            onSelect={setPixel}
          />
        </Panel>
      </div>
    </Figure>
  );
}
