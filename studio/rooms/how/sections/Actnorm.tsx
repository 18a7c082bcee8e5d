// Actnorm: a shift and a scale per channel, initialised from data.

import { useState } from 'preact/hooks';
import { decimal } from '../../../numbers.ts';
import { Slider } from '../../../parts/Slider.tsx';
import { Curves } from '../parts/Curves.tsx';
import { Figure, Panel } from '../parts/Figure.tsx';

/** Mean and standard deviation of the channel's input, which is normal. */
const MEAN = 1.4;
const DEVIATION = 0.5;

/** The section. */
export function Actnorm() {
  return (
    <>
      <p>
        Activation normalisation (actnorm) shifts and scales every channel by two trained parameters. They are
        initialised from the first batch, so that every channel starts with mean 0 and standard deviation 1.
      </p>
      <ShiftAndScale />
    </>
  );
}

/** The figure. */
export function ShiftAndScale() {
  const [bias, setBias] = useState(-0.5);
  const [logScale, setLogScale] = useState(0.1);
  const scale = Math.exp(3 * logScale);
  const [mean, deviation] = [(MEAN + bias) * scale, DEVIATION * scale];
  const start = (): void => {
    setBias(-MEAN);
    setLogScale(-Math.log(DEVIATION) / 3);
  };
  return (
    <Figure
      title="The values of a channel, before and after"
      controls={
        <>
          <Slider
            label="Bias b"
            value={bias}
            least={-3}
            most={3}
            step={0.05}
            shown={decimal(bias)}
            onChange={setBias}
          />
          <Slider
            label="Log-scale s"
            value={logScale}
            least={-0.4}
            most={0.4}
            step={0.01}
            shown={decimal(logScale)}
            onChange={setLogScale}
          />
          <button type="button" class="button" onClick={start}>
            Initialise from data
          </button>
        </>
      }
      description={
        <>
          The input has mean {decimal(MEAN)} and standard deviation {decimal(DEVIATION)}; the output (x +
          b)·e³ˢ has mean {decimal(mean)} and standard deviation {decimal(deviation)}. Every pixel adds 3s ={' '}
          {decimal(3 * logScale)} to ln|det|.
        </>
      }
    >
      <div class="how-panels how-plot">
        <Panel title="density before (orange) and after (green)">
          <Curves
            label="The channel’s density before and after"
            x={[-4, 4]}
            y={[0, 1.2]}
            curves={[
              { of: (x) => normalDensity(x, MEAN, DEVIATION), look: 'how-second' },
              { of: (x) => normalDensity(x, mean, deviation), look: 'how-first' },
            ]}
          />
        </Panel>
      </div>
    </Figure>
  );
}

/** The normal density. */
export function normalDensity(x: number, mean: number, deviation: number): number {
  return Math.exp(-0.5 * ((x - mean) / deviation) ** 2) / (deviation * Math.sqrt(2 * Math.PI));
}
