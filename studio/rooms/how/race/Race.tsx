// A recorded race of emerging and 1x1 convolutions, to scrub through and to run again.

import { useState } from 'preact/hooks';
import { linkTo } from '../../../address.ts';
import { counted, decimal, plural } from '../../../numbers.ts';
import { Plot } from '../../../parts/plot/Plot.tsx';
import { Slider } from '../../../parts/Slider.tsx';
import { Figure, Panel } from '../parts/Figure.tsx';
import json from './recording.json';
import { layersOf, meansAt, type Recording, resultOf, setbacksOf } from './recording.ts';
import samples from './samples.png';
import './race.css';

const recording: Recording = json;
const { mixings, steps, seeds, bitsPerDim, width, batch } = recording;
const last = steps.length - 1;

/** Its result, and the figure. */
export function Race() {
  return (
    <>
      <p>
        1&nbsp;×&nbsp;1 convolutions, as in Glow, are easily undone too, but see no neighbours; only the
        couplings do. Does seeing more pay? {resultOf(recording)}
      </p>
      <RecordedRace />
    </>
  );
}

/** The figure. */
function RecordedRace() {
  const [at, setAt] = useState(last);
  const step = steps[at]!;
  const means = meansAt(recording, at);
  const series = mixings.map((mixing, which) => ({
    name: layersOf(mixing),
    hue: which,
    kind: 'line and points' as const,
    points: steps.map((x, index) => ({ x, y: meansAt(recording, index)[which]! })),
  }));
  return (
    <Figure
      title="Emerging against 1 × 1 convolutions"
      controls={
        <Slider
          label="Training step"
          value={at}
          least={0}
          most={last}
          step={1}
          shown={counted(step)}
          onChange={setAt}
        />
      }
      description={
        <>
          After {plural(step, 'step')}, {mixings.map((_, which) => textOf(which, at, means)).join('; ')}. The
          samples are of seed {seeds[0]}, from the same latents at every step.
        </>
      }
    >
      <div class="race">
        {mixings.map((mixing, which) => (
          <Panel
            key={mixing}
            title={
              <>
                {layersOf(mixing)}: <strong>{decimal(means[which]!, 3)}</strong> bits/dim
              </>
            }
          >
            <div
              class="race-samples"
              role="img"
              aria-label={`Samples of ${layersOf(mixing)} after ${plural(step, 'step')}`}
              style={{
                backgroundImage: `url(${samples})`,
                backgroundSize: `${100 * mixings.length}% ${100 * steps.length}%`,
                backgroundPosition: `${(100 * which) / (mixings.length - 1)}% ${(100 * at) / last}%`,
              }}
            />
          </Panel>
        ))}
        <Plot
          label="bits/dim of validation digits during training"
          plot={{
            x: { label: 'steps', range: [0, steps[last]!] },
            y: {
              label: 'bits/dim',
              range: [0, Math.max(...series.flatMap(({ points }) => points.map(({ y }) => y)))],
            },
            series,
          }}
          marks={[]}
          at={step}
        />
      </div>
      <a class="button race-run" href={trainLink()}>
        Run it yourself
      </a>
      <p class="how-note">
        Recorded with the settings of Train, but width {width} and batches of {batch}, on{' '}
        {counted(recording.images.training)} digits. {setbacksOf(recording)} “Run it yourself” opens Train
        with these settings: press “Start the race” there. Your run starts from the weights of seed {seeds[0]}{' '}
        and sees the same images.
      </p>
    </Figure>
  );
}

function textOf(which: number, at: number, means: readonly number[]): string {
  const values = bitsPerDim[which]!.map((bySteps) => bySteps[at]!);
  const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => decimal(value, 3));
  return `${layersOf(mixings[which]!)} need ${decimal(means[which]!, 3)} bits/dim (${least} to ${most} over ${seeds.length} seeds)`;
}

/** The same race in the room Train. */
function trainLink(): string {
  const [mixing, rival] = mixings as [string, string];
  return linkTo('train', {
    ...{ mixing, rival, width: String(width), rivalWidth: String(width), batch: String(batch) },
    ...{ steps: String(steps[last]), seed: String(seeds[0]) },
  });
}
