// The training form: data, model, a second model to race against, and training settings.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { changeSettings } from '../../address.ts';
import { Check } from '../../parts/Check.tsx';
import { Choice } from '../../parts/Choice.tsx';
import { Notice } from '../../parts/Notice.tsx';
import { NumberField } from '../../parts/NumberField.tsx';
import { outdated } from '../../parts/outdated.ts';
import { PictureFiles } from '../../parts/PictureFiles.tsx';
import { Working } from '../../parts/Working.tsx';
import { DIGITS_AUTHORS, DIGITS_COUNT } from '../../work/digits.ts';
import type { Pictures } from '../../work/pictures.ts';
import { picturesFor } from './chosenPictures.ts';
import { PartFields } from './PartFields.tsx';
import { otherParts } from './partSettings.ts';
import { chosenModels, startRuns } from './start.ts';
import {
  hasWidth,
  limits,
  type ModelSettings,
  QUICK_START_MIXING,
  RIVAL_MIXING,
  type TrainSettings,
} from './trainSettings.ts';
import { countsWords, useCounts } from './useCounts.ts';
import { memoryText, type Sizes, useSizes } from './useSizes.ts';

/** The form, which keeps its values in the address. */
export function Setup({ settings }: { settings: TrainSettings }) {
  const [isStarting, setStarting] = useState(false);
  const { model, rival, levels, rate, batch, steps, seed } = settings;
  const pictures = picturesFor(settings);
  const models = chosenModels(settings);
  const sizes = useSizes(settings, models);
  const counts = useCounts(pictures, batch);
  const isReady = pictures !== undefined && sizes.fit && counts.fit && !isStarting;
  const start = async (images: Pictures): Promise<void> => {
    setStarting(true);
    await startRuns(settings, images);
    setStarting(false);
  };
  return (
    <section class="room-controls" aria-label="Settings">
      <DataChoice settings={settings} />
      <ModelFields
        legend="Model"
        model={model}
        names={{ mixing: 'mixing', depth: 'depth', width: 'width' }}
        hasWidth={hasWidth(settings.parts)}
      >
        <SettingField label="Levels" name="levels" value={levels} />
      </ModelFields>
      <Check
        label="Race a second model"
        checked={rival !== undefined}
        onChange={(isChecked) => changeSettings({ rival: isChecked ? chooseRival(model).mixing : '' })}
      />
      {rival && (
        <ModelFields
          legend="Second model"
          model={rival}
          names={{ mixing: 'rival', depth: 'rivalDepth', width: 'rivalWidth' }}
          hasWidth={hasWidth(settings.parts)}
        />
      )}
      <fieldset class="control-pair">
        <legend>Training</legend>
        <SettingField label="Steps" name="steps" value={steps} />
        <SettingField label="Batch size" name="batch" value={batch} />
        <SettingField label="Learning rate" name="rate" value={rate} fraction />
        <SettingField label="Seed" name="seed" value={seed} />
      </fieldset>
      <MoreParts settings={settings} />
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
function chooseRival({ mixing }: ModelSettings): Pick<ModelSettings, 'mixing'> {
  return { mixing: mixing === RIVAL_MIXING ? QUICK_START_MIXING : RIVAL_MIXING };
}

/** The choice, and for pictures their folder, size and channels. */
function DataChoice({ settings: { data, size, channels } }: { settings: TrainSettings }) {
  return (
    <div class="train-data">
      <Choice
        label="Images"
        value={data}
        options={[
          { value: 'digits', text: `MNIST: ${DIGITS_COUNT.toLocaleString('en')} digits` },
          { value: 'files', text: 'Your own pictures' },
        ]}
        onChange={(value) => changeSettings({ data: value })}
      />
      {data === 'digits' ? (
        <p class="control-note">{DIGITS_AUTHORS}</p>
      ) : (
        <>
          <PictureFiles />
          <div class="control-pair">
            <SettingField label="Size in pixels" name="size" value={size} />
            <Choice
              label="Channels"
              value={String(channels)}
              options={[
                { value: '3', text: 'colour' },
                { value: '1', text: 'grey' },
              ]}
              onChange={(value) => changeSettings({ channels: value })}
            />
          </div>
        </>
      )}
    </div>
  );
}

interface SettingFieldProps {
  readonly label: string;
  /** The setting, which has limits. */
  readonly name: keyof typeof limits;
  /** Its name in the address, by default the same. */
  readonly addressKey?: string;
  readonly value: number;
  /** Whether fractions are allowed. */
  readonly fraction?: boolean;
}

/** The field of a number in the address. */
function SettingField({ name, addressKey = name, ...field }: SettingFieldProps) {
  const [least, greatest] = limits[name];
  return (
    <NumberField
      {...field}
      least={least}
      most={greatest}
      onChange={(value) => changeSettings({ [addressKey]: String(value) })}
    />
  );
}

interface ModelFieldsProps {
  readonly legend: string;
  readonly model: ModelSettings;
  /** Its settings' names in the address. */
  readonly names: Readonly<Record<'mixing' | 'depth' | 'width', string>>;
  /** Whether the networks in its couplings have a width. */
  readonly hasWidth: boolean;
  /** More fields. */
  readonly children?: ComponentChildren;
}

/** A model's fields. */
function ModelFields({ legend, model, names, hasWidth, children }: ModelFieldsProps) {
  return (
    <fieldset class="control-pair train-model">
      <legend>{legend}</legend>
      <PartFields menuKey="model.mixing" addressKey={names.mixing} part={model.mixingPart} isFolded />
      {children}
      <SettingField label="Depth" name="depth" addressKey={names.depth} value={model.depth} />
      {hasWidth && <SettingField label="Width" name="width" addressKey={names.width} value={model.width} />}
    </fieldset>
  );
}

/** The parts of models and training other than the mixing, with their options. */
function MoreParts({ settings: { parts } }: { settings: TrainSettings }) {
  return (
    <details class="train-more">
      <summary>More parts and their options</summary>
      {otherParts.map(([menuKey, key]) => (
        <PartFields
          key={key}
          menuKey={menuKey}
          addressKey={key}
          part={parts[key]!}
          // It has a field with the model.
          without={key === 'conditioner' ? ['width'] : []}
        />
      ))}
    </details>
  );
}

const words = {
  Mixing:
    'the layers that mix channels, or channels and neighbouring pixels, between the couplings. Emerging convolutions see neighbours; 1x1 convolutions are faster and don’t.',
  Levels:
    'how often the image is halved in height and width. More levels see larger structures; 2 suit 28 pixels, 3 suit 64.',
  Depth: 'flow steps in each level. More need fewer bits, and more time in proportion.',
  Width:
    'channels of the networks in the couplings. Wider ones need fewer bits, and time and memory grow up to its square.',
  Steps: 'how often the weights change. The bits fall fast at first, then slowly: pause when that suffices.',
  'Batch size': 'images per step. More give steadier steps, which take longer.',
  'Learning rate':
    'the size of the steps. If too large, training becomes unstable; if too small, it is slow.',
  Seed: 'the start of all random numbers. Another seed gives another run of the same kind.',
} as const;

/** What each setting does, and which bits/dim are good. */
function SettingsHelp() {
  return (
    <details class="train-help">
      <summary>What these settings mean</summary>
      <dl>
        {Object.entries(words).map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <p>
        Which bits/dim are good depends on the images: uncompressed, 8-bit values take 8 each; for MNIST
        digits, models/mnist-small needs about 1.2 and the larger models/mnist about 1.05.
      </p>
    </details>
  );
}

/** The models' sizes, or why they can't be trained. */
function SizeFacts({ sizes: { work, problem }, models }: { sizes: Sizes; models: readonly ModelSettings[] }) {
  return (
    <div class="train-size" {...outdated(work.isOutdated)}>
      {work.result?.map(({ parameters, bytes }, index) => (
        // Models have a fixed order.
        <p key={index} class="control-note">
          {models.length > 1 &&
            models[index] &&
            `${models[index].mixingPart.item.text ?? models[index].mixing}: `}
          {parameters.toLocaleString('en')} parameters, about {memoryText(bytes)} of memory
        </p>
      ))}
      {(work.problem ?? problem) !== undefined && <Notice>{work.problem ?? problem}</Notice>}
    </div>
  );
}
