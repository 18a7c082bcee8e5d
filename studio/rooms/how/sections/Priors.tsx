// Priors: the channels that continue predict the latents that are split off.

import { useState } from 'preact/hooks';
import { decimal } from '../../../numbers.ts';
import { Slider } from '../../../parts/Slider.tsx';
import { normals } from '../maths/random.ts';
import { Curves } from '../parts/Curves.tsx';
import { Figure, Panel } from '../parts/Figure.tsx';
import { normalDensity } from './Actnorm.tsx';

const draw = normals(5);
const NOISE = Array.from({ length: 12 }, draw);

/** The section. */
export function Priors() {
  return (
    <>
      <p>
        At a split, half of the channels, z, become latents. Their density is a Gaussian whose mean and
        standard deviation a network computes from the other half, h: coarse structure predicts the details. A
        latent ε is the deviation of z from the mean, in standard deviations.
      </p>
      <Expected />
    </>
  );
}

/** The figure. */
export function Expected() {
  const [h, setH] = useState(0.5);
  const [temperature, setTemperature] = useState(1);
  const mean = 1.4 * Math.tanh(h);
  const deviation = Math.exp(-0.5 - 0.45 * h);
  const drawn = NOISE.map((noise) => mean + temperature * noise * deviation);
  const first = NOISE[0]!;
  return (
    <Figure
      title="A latent, given the other half"
      controls={
        <>
          <Slider
            label="Other half, h"
            value={h}
            least={-2}
            most={2}
            step={0.05}
            shown={decimal(h)}
            onChange={setH}
          />
          <Slider
            label="Temperature"
            value={temperature}
            most={1.5}
            step={0.05}
            shown={decimal(temperature)}
            onChange={setTemperature}
          />
        </>
      }
      description={
        <>
          Given h, z has mean {decimal(mean)} and standard deviation {decimal(deviation)}. The dots are{' '}
          {NOISE.length} samples: the first has ε = {decimal(temperature * first)}, so z = {decimal(mean)} +{' '}
          {decimal(temperature * first)} · {decimal(deviation)} = {decimal(drawn[0]!)}. Changing h moves all
          samples, but not their ε.
        </>
      }
    >
      <div class="how-panels how-plot">
        <Panel title="density of z given h, and samples">
          <Curves
            label="The density of z given h"
            x={[-5, 5]}
            y={[0, 1.6]}
            curves={[{ of: (z) => normalDensity(z, mean, deviation), look: 'how-first' }]}
            marks={drawn.map((z) => [z, 0.04])}
          />
        </Panel>
      </div>
    </Figure>
  );
}
