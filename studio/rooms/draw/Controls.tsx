// How the sheet is drawn: temperature, seed and count.
import { useEffect, useId, useState } from 'preact/hooks';
import type { Settings } from '../../address.ts';
import { Choice } from '../../parts/Choice.tsx';
import { Slider } from '../../parts/Slider.tsx';
import { counts, type DrawSettings, MOST_TEMPERATURE, otherSeed, seedIn } from './drawSettings.ts';

/** The controls; a change is told as settings of the address. */
export function Controls({
  temperature,
  seed,
  count,
  onChange,
}: DrawSettings & { onChange(changes: Settings): void }) {
  const id = useId();
  // What is being typed may be no seed yet.
  const [typed, setTyped] = useState(String(seed));
  useEffect(() => setTyped(String(seed)), [seed]);
  const known = counts.includes(count) ? counts : [...counts, count];
  return (
    <>
      <Slider
        label="Temperature"
        value={temperature}
        least={0}
        most={MOST_TEMPERATURE}
        step={0.05}
        shown={temperature.toFixed(2)}
        ends={['calm', 'wild']}
        onChange={(value) => onChange({ temperature: String(value) })}
      />
      <div class="draw-row">
        <div class="control draw-seed">
          <label for={id}>Seed</label>
          <input
            id={id}
            type="number"
            inputMode="numeric"
            min={0}
            step={1}
            value={typed}
            aria-invalid={seedIn(typed) === undefined}
            onInput={({ currentTarget: { value } }) => {
              setTyped(value);
              const wanted = seedIn(value);
              if (wanted !== undefined) {
                onChange({ seed: String(wanted) });
              }
            }}
            onBlur={() => setTyped(String(seed))}
          />
        </div>
        <Choice
          label="Images"
          value={String(count)}
          options={known.map((one) => ({ value: String(one), text: String(one) }))}
          onChange={(value) => onChange({ count: value })}
        />
      </div>
      <button
        type="button"
        class="button primary"
        onClick={() => onChange({ seed: String(otherSeed(seed)) })}
      >
        New seed
      </button>
    </>
  );
}
