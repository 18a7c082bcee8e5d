// The training form: data, model, a second model to race against, and training settings.
import { useState } from 'preact/hooks';
import { changeSettings } from '../../address.ts';
import { Check } from '../../parts/Check.tsx';
import { Notice } from '../../parts/Notice.tsx';
import { NumberField } from '../../parts/NumberField.tsx';
import { Working } from '../../parts/Working.tsx';
import type { Pictures } from '../../work/pictures.ts';
import { picturesFor } from './chosenPictures.ts';
import { DataChoice } from './DataChoice.tsx';
import { ModelFields } from './ModelFields.tsx';
import { SettingsHelp } from './SettingsHelp.tsx';
import { SizeFacts } from './SizeFacts.tsx';
import { begin, findKept, threadsFor, trainings } from './trainings.ts';
import {
  configOf,
  freeName,
  limits,
  type ModelSettings,
  QUICK_START_MIXING,
  RIVAL_MIXING,
  type TrainSettings,
} from './trainSettings.ts';
import { countsWords, useCounts } from './useCounts.ts';
import { useSizes } from './useSizes.ts';

/** The form, which keeps its values in the address. */
export function Setup({ settings }: { settings: TrainSettings }) {
  const [isStarting, setStarting] = useState(false);
  const { model, rival, levels, rate, batch, steps, seed } = settings;
  const pictures = picturesFor(settings);
  const models = rival ? [model, rival] : [model];
  const sizes = useSizes(settings, models);
  const counts = useCounts(pictures, batch);
  const isReady = pictures !== undefined && sizes.fit && counts.fit && !isStarting;
  const start = async (what: Pictures): Promise<void> => {
    setStarting(true);
    await findKept();
    // Computed before any run starts, so that they share the machine from the start.
    const threads = threadsFor(models.length);
    for (const one of models) {
      const taken = trainings.value.map(({ name }) => name);
      begin(freeName(one, taken), configOf(settings, one), what, threads);
    }
    setStarting(false);
  };
  return (
    <section class="room-controls" aria-label="Settings">
      <DataChoice settings={settings} />
      <ModelFields
        legend="Model"
        model={model}
        onChange={({ mixing, depth, width }) =>
          changeSettings({ mixing, depth: String(depth), width: String(width) })
        }
      >
        <NumberField
          label="Levels"
          value={levels}
          least={limits.levels[0]}
          most={limits.levels[1]}
          onChange={(value) => changeSettings({ levels: String(value) })}
        />
      </ModelFields>
      <Check
        label="Race a second model"
        checked={rival !== undefined}
        onChange={(isChecked) => changeSettings({ rival: isChecked ? rivalOf(model).mixing : '' })}
      />
      {rival && (
        <ModelFields
          legend="Second model"
          model={rival}
          onChange={({ mixing, depth, width }) =>
            changeSettings({ rival: mixing, rivalDepth: String(depth), rivalWidth: String(width) })
          }
        />
      )}
      <fieldset class="control-pair">
        <legend>Training</legend>
        <NumberField
          label="Steps"
          value={steps}
          least={limits.steps[0]}
          most={limits.steps[1]}
          onChange={(value) => changeSettings({ steps: String(value) })}
        />
        <NumberField
          label="Batch size"
          value={batch}
          least={limits.batch[0]}
          most={limits.batch[1]}
          onChange={(value) => changeSettings({ batch: String(value) })}
        />
        <NumberField
          label="Learning rate"
          fraction
          value={rate}
          least={limits.rate[0]}
          most={limits.rate[1]}
          onChange={(value) => changeSettings({ rate: String(value) })}
        />
        <NumberField
          label="Seed"
          value={seed}
          least={limits.seed[0]}
          most={limits.seed[1]}
          onChange={(value) => changeSettings({ seed: String(value) })}
        />
      </fieldset>
      <SettingsHelp />
      {pictures?.kind === 'files' && (
        <div class="train-size" data-testid="counts">
          {counts.work.progress === undefined && counts.work.result && (
            <p class="control-note">{countsWords(counts.work.result)}</p>
          )}
          {counts.problem !== undefined && <Notice>{counts.problem}</Notice>}
          <Working work={counts.work} />
        </div>
      )}
      <SizeFacts sizes={sizes} models={models} />
      <button
        type="button"
        class="button primary"
        disabled={!isReady}
        onClick={() => pictures && start(pictures)}
      >
        {rival ? 'Start the race' : 'Start training'}
      </button>
    </section>
  );
}

/** What a model is compared with first. */
function rivalOf({ mixing }: ModelSettings): Pick<ModelSettings, 'mixing'> {
  return { mixing: mixing === RIVAL_MIXING ? QUICK_START_MIXING : RIVAL_MIXING };
}
