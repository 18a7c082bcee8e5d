// A run's samples over time, from the same latents each time.
import { useState } from 'preact/hooks';
import { plural } from '../numbers.ts';
import { Large } from './Large.tsx';
import './samples.css';

interface SampleStripProps {
  /** The name of the run. */
  readonly name: string;
  /** The sheets, earliest first. */
  readonly samples: readonly { readonly step: number; readonly url: string }[];
  /** The seconds of training up to a step, if known. */
  secondsAt?(step: number): number;
}

/** The sheets side by side; each opens enlarged. Nothing without sheets. */
export function SampleStrip({ name, samples, secondsAt }: SampleStripProps) {
  const [opened, setOpened] = useState<number>();
  const large = samples[opened ?? -1];
  if (samples.length === 0) {
    return null;
  }
  return (
    <>
      <ol class="samples">
        {samples.map(({ step, url }, index) => (
          <li key={step}>
            <button type="button" class="picture-button" onClick={() => setOpened(index)}>
              <img src={url} alt={`Samples of ${name} after ${plural(step, 'step')}`} />
              <span>
                {secondsAt && `${timeText(secondsAt(step))}, `}step {step.toLocaleString('en')}
              </span>
            </button>
          </li>
        ))}
      </ol>
      {opened !== undefined && large && (
        <Large
          heading={
            <>
              {name} <span class="quiet">after {plural(large.step, 'step')}</span>
            </>
          }
          picture={<img class="picture" src={large.url} alt="" />}
          index={opened}
          count={samples.length}
          onMove={setOpened}
          onClose={() => setOpened(undefined)}
        />
      )}
    </>
  );
}

/** A training time: `10 s`, `2 min`. */
function timeText(seconds: number): string {
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
