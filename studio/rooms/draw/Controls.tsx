// The sampling settings: temperature, seed, count and, for a model with classes, the class.
import type { Settings } from '../../address.ts';
import { counted, MOST_SEED } from '../../numbers.ts';
import { Choice } from '../../parts/Choice.tsx';
import { NumberField } from '../../parts/NumberField.tsx';
import { Slider } from '../../parts/Slider.tsx';
import { MOST_TEMPERATURE } from '../../sampling.ts';
import { counts, type DrawSettings, otherSeed } from './drawSettings.ts';

/** The controls for a model with these classes; changes are reported as settings of the address. */
export function Controls({
  temperature,
  seed,
  count,
  class: name,
  classes,
  onChange,
}: DrawSettings & { readonly classes: readonly string[]; onChange(changes: Settings): void }) {
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
        ends={['similar', 'varied']}
        onChange={(value) => onChange({ temperature: String(value) })}
      />
      <div class="control-pair">
        <NumberField
          label="Seed"
          value={seed}
          least={0}
          most={MOST_SEED}
          onChange={(value) => onChange({ seed: String(value) })}
        />
        <Choice
          label="Images"
          value={String(count)}
          options={known.map((one) => ({ value: String(one), text: counted(one) }))}
          onChange={(value) => onChange({ count: value })}
        />
      </div>
      {classes.length > 0 && (
        <Choice
          label="Class"
          value={classes.includes(name) ? name : ''}
          options={[
            { value: '', text: 'all, in turn' },
            ...classes.map((one) => ({ value: one, text: one })),
          ]}
          onChange={(value) => onChange({ class: value })}
        />
      )}
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
