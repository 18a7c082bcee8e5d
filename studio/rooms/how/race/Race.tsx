// A recorded race of emerging and 1x1 convolutions, to scrub through and to run again.

import { useState } from 'preact/hooks';
import { linkTo } from '../../../address.ts';
import { counted, decimal, plural } from '../../../numbers.ts';
import { Plot } from '../../../parts/plot/Plot.tsx';
import { Slider } from '../../../parts/Slider.tsx';
import { Figure, Panel } from '../parts/Figure.tsx';
import json from './recording.json';
import { describeLayers, describeResult, describeRollbacks, meansAt, type Recording } from './recording.ts';
import samples from './samples.png';
import './race.css';

const recording: Recording = json;
const { mixings, steps, seeds, bitsPerDim, width, batch } = recording;
const last = steps.length - 1;

/** The section. */
export function Race() {
  return (
    <>
      <RecordedRace />
      <p>
        1x1 convolutions, as in Glow, are easily undone too, but see no neighbours; only the couplings do.{' '}
        {describeResult(recording)}
      </p>
      <p>
        On all of MNIST, after 800 steps of small models and over five seeds, emerging convolutions reached
        2.144 ± 0.073 bits/dim, and 1x1 convolutions 2.380 ± 0.130 (intervals of 95&nbsp;%). A step took 1.24
        times as long, and at equal training time the difference, 0.127 ± 0.138, is not significant.
      </p>
    </>
  );
}

/** The figure. */
export function RecordedRace() {
  const [stepIndex, setStepIndex] = useState(last);
  const step = steps[stepIndex]!;
  const means = meansAt(recording, stepIndex);
  const series = mixings.map((mixing, mixingIndex) => ({
    name: describeLayers(mixing),
    hue: mixingIndex,
    kind: 'line and points' as const,
    points: steps.map((x, index) => ({ x, y: meansAt(recording, index)[mixingIndex]! })),
  }));
  return (
    <Figure
      title="Emerging against 1x1 convolutions"
      controls={
        <Slider
          label="Training step"
          value={stepIndex}
          most={last}
          shown={counted(step)}
          onChange={setStepIndex}
        />
      }
      description={
        <>
          After {plural(step, 'step')},{' '}
          {mixings.map((_, mixingIndex) => raceText(mixingIndex, stepIndex, means)).join('; ')}. The samples
          are of seed {seeds[0]}, from the same latents at every step.
        </>
      }
    >
      <div class="race">
        {mixings.map((mixing, mixingIndex) => (
          <Panel
            key={mixing}
            title={
              <>
                {describeLayers(mixing)}: <strong>{decimal(means[mixingIndex]!, 3)}</strong> bits/dim
              </>
            }
          >
            <div
              class="race-samples"
              role="img"
              aria-label={`Samples of ${describeLayers(mixing)} after ${plural(step, 'step')}`}
              style={{
                backgroundImage: `url(${samples})`,
                backgroundSize: `${100 * mixings.length}% ${100 * steps.length}%`,
                backgroundPosition: `${(100 * mixingIndex) / (mixings.length - 1)}% ${(100 * stepIndex) / last}%`,
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
        {counted(recording.images.training)} digits. {describeRollbacks(recording)} “Run it yourself” opens
        Train with these settings: press “Start the race” there. Your run starts from the weights of seed{' '}
        {seeds[0]} and sees the same images.
      </p>
    </Figure>
  );
}

function raceText(mixingIndex: number, stepIndex: number, means: readonly number[]): string {
  const values = bitsPerDim[mixingIndex]!.map((bySteps) => bySteps[stepIndex]!);
  const [least, greatest] = [Math.min(...values), Math.max(...values)].map((value) => decimal(value, 3));
  return `${describeLayers(mixings[mixingIndex]!)} need ${decimal(means[mixingIndex]!, 3)} bits/dim (${least} to ${greatest} over ${seeds.length} seeds)`;
}

/** The same race in the room Train. */
function trainLink(): string {
  const [mixing, rival] = mixings as [string, string];
  return linkTo('train', {
    ...{ mixing, rival, width: String(width), rivalWidth: String(width), batch: String(batch) },
    ...{ steps: String(steps[last]), seed: String(seeds[0]) },
  });
}
