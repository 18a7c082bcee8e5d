// Step 1: noise becomes digits, at a temperature.
import { useMemo } from 'preact/hooks';
import { changeSettings, settings } from '../../address.ts';
import { MOST_SEED } from '../../numbers.ts';
import { Notice } from '../../parts/Notice.tsx';
import { outdated } from '../../parts/outdated.ts';
import { Slider } from '../../parts/Slider.tsx';
import { Film } from './Film.tsx';
import { drawNoise, usePassage } from './noise.ts';
import { MOST_TEMPERATURE, storySettings } from './storySettings.ts';

const COUNT = 24;

/** The step. */
export function NoiseStep() {
  const { seed, temperature } = storySettings(settings.value);
  const noise = useMemo(() => drawNoise(COUNT, seed, temperature), [seed, temperature]);
  const { latest, isOutdated, problem } = usePassage(noise);
  const overflowed = latest?.result.overflowed ?? 0;
  return (
    <>
      <p>
        The network was trained to turn handwritten digits into noise: random numbers, most of them near 0.
        Run backwards, it turns new noise into digits that nobody wrote.{' '}
        <b>Lower the temperature, then raise it above 1.</b> What happens to the digits?
      </p>
      {problem !== undefined && <Notice>{problem}</Notice>}
      <div class="explain-wide">
        <div {...outdated(isOutdated)}>
          <Film
            passage={latest?.result}
            noise={noise.picture}
            columns={8}
            name="digits"
            from="noise"
            origin={latest?.input.noise.seed}
          />
        </div>
        <div class="explain-controls">
          <Slider
            label="Temperature"
            value={temperature}
            most={MOST_TEMPERATURE}
            step={0.05}
            shown={temperature.toFixed(2)}
            ends={['all the same', 'wild']}
            onChange={(value) => changeSettings({ temperature: String(value) })}
          />
          <button
            type="button"
            class="button"
            onClick={() => changeSettings({ seed: String((seed + 1) % MOST_SEED) })}
          >
            New noise
          </button>
          {overflowed > 0 && (
            <p class="control-note">
              {overflowed} of {COUNT} are black: at this temperature their values grow without bound.
            </p>
          )}
        </div>
      </div>
    </>
  );
}
