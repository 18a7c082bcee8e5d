// Actnorm: a shift and a scale for every channel, first taken from data.
import { useState } from 'preact/hooks';
import { Slider } from '../../../parts/Slider.tsx';
import { Curves } from '../parts/Curves.tsx';
import { Figure, Panel } from '../parts/Figure.tsx';
import { decimal } from '../parts/text.ts';

/** The values of the channel before: normal, with this mean and deviation. */
const MEAN = 1.4;
const DEVIATION = 0.5;

/** The section. */
export function Actnorm() {
  return (
    <>
      <p>
        Activation normalisation shifts and scales every channel by two numbers of its own. They are trained
        like all others, but they start from the first batch: afterwards every channel has mean 0 and standard
        deviation 1.
      </p>
      <ShiftAndScale />
    </>
  );
}

/** Its figure. */
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
            Start from the data
          </button>
        </>
      }
      description={
        <>
          Before, the channel has mean {decimal(MEAN)} and standard deviation {decimal(DEVIATION)}; after (x +
          b)·e³ˢ it has mean {decimal(mean)} and standard deviation {decimal(deviation)}. Every pixel adds 3s
          = {decimal(3 * logScale)} to ln|det|.
        </>
      }
    >
      <div class="how-panels how-plot">
        <Panel title="its density before (orange) and after (green)">
          <Curves
            label="The density of the channel before and after"
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
