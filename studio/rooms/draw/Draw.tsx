// The room Draw: a sheet of samples, one of them enlarged, and interpolation between two.
import { useSignal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { changeSettings, linkTo, type Settings, settings } from '../../address.ts';
import { chosenModel, modelAddress, modelKey } from '../../models.ts';
import { counted, MOST_SEED, plural } from '../../numbers.ts';
import { fileWord, savePng } from '../../parts/download.ts';
import { ModelChoice } from '../../parts/ModelChoice.tsx';
import { Notice } from '../../parts/Notice.tsx';
import { countImages, isVisible, unsupportedChannels } from '../../parts/Picture.tsx';
import { RoomHead } from '../../parts/RoomHead.tsx';
import { Sheet } from '../../parts/Sheet.tsx';
import { Term } from '../../parts/Term.tsx';
import { Working } from '../../parts/Working.tsx';
import type { Progress } from '../../work/calls.ts';
import { compute } from '../../work/connections.ts';
import type { Images } from '../../work/models.ts';
import type { DrawingProgress } from '../../work/tasks.ts';
import { useWork } from '../../work/useWork.ts';
import {
  counts,
  type DrawSettings,
  drawSettings,
  otherSeed,
  type Sample,
  sampleText,
} from './drawSettings.ts';
import { Interpolation } from './Interpolation.tsx';
import { LargeSample } from './LargeSample.tsx';
import { shareDrawing } from './shareDrawing.ts';
import { endNames, useEnds } from './useEnds.ts';
import { useLiveTiles } from './useLiveTiles.ts';
import './draw.css';
import { Choice } from '../../parts/Choice.tsx';
import { NumberField } from '../../parts/NumberField.tsx';
import { Slider } from '../../parts/Slider.tsx';
import { MOST_TEMPERATURE } from '../../sampling.ts';

/** The room. */
export function Draw() {
  const offered = chosenModel.value;
  const model = offered?.problem === null ? offered : undefined;
  const { drawn, interpolation, unreadable } = drawSettings(settings.value);
  const { temperature, seed, count, class: className } = drawn;
  // The first sheet appears image by image; later sheets replace it when complete.
  const [begun, setBegun] = useState<DrawingProgress>();
  const drawing = useWork(
    model &&
      (async (waiting) => {
        setBegun(undefined);
        const onProgress = (progress: Progress | DrawingProgress): void => {
          waiting.onProgress(progress);
          setBegun('images' in progress ? progress : undefined);
        };
        const request = { model: modelAddress(model), ...drawn };
        return { ...(await compute('sample', request, { ...waiting, onProgress })), ...drawn, model };
      }),
    [model && modelKey(model), temperature, seed, count, className],
  );
  const sheet = drawing.result;
  const live = useLiveTiles(model, drawn, sheet);
  const shown = live.images ?? sheet ?? (drawing.progress && begun?.images);
  const ends = useEnds(model, interpolation, drawn, sheet);
  // A signal: opening an image draws nothing else again.
  const opened = useSignal<number | undefined>(undefined);
  useEffect(() => {
    // The enlarged image belongs to the old sheet.
    opened.value = undefined;
  }, [sheet]);

  const choose = (index: number): void => {
    if (ends.wanted === undefined) {
      opened.value = index;
    } else {
      ends.choose(ends.wanted, sampleAt(index));
    }
  };
  const sampleAt = (index: number): Sample => {
    const { seed, temperature, class: name } = sheet!;
    return { place: index + 1, seed, temperature, class: name };
  };
  const marks = new Map(
    interpolation.ends.flatMap((end, endIndex) =>
      end && sheet && sampleText(end) === sampleText(sampleAt(end.place - 1))
        ? [[end.place - 1, endNames[endIndex]!] as const]
        : [],
    ),
  );
  // The sheet's own settings, until it is replaced.
  const named = sheet ?? (model && { ...drawn, model });
  const name = named && `${fileWord(named.model.path)}-seed-${named.seed}-temperature-${named.temperature}`;

  return (
    <div class="draw">
      <RoomHead
        title="Draw"
        unreadable={unreadable}
        share={() =>
          shareDrawing(settings.value, model, drawn, drawing.isOutdated ? undefined : sheet, ends.chosen)
        }
      >
        Samples: random noise sent backwards through a normalizing flow, an invertible network that knows the
        exact density of every image (<a href={linkTo('how')}>what a flow is, in two dimensions</a>). Change
        the <Term of="temperature">temperature</Term> or the seed, or open an image: its{' '}
        <Term of="bitsdim">bits/dim</Term> say how likely it is.
      </RoomHead>
      <section class="room-controls" aria-label="Settings">
        <ModelChoice />
        <Controls
          {...drawn}
          classes={sheet && sheet.model.path === model?.path ? sheet.classes : []}
          temperature={live.dragged ?? temperature}
          onDrag={live.drag}
          onChange={changeSettings}
        />
      </section>
      <section class="draw-sheet" aria-label="Samples">
        {shown && !isVisible(shown) && <Notice>{unsupportedChannels(shown)}</Notice>}
        {shown && isVisible(shown) ? (
          <Sheet
            images={shown}
            label={sheet ? sheetLabel(sheet) : 'Samples being drawn'}
            {...(sheet === undefined && { drawn: begun!.done })}
            {...(live.images && { fresh: live.count })}
            isOutdated={drawing.isOutdated}
            overflowed={sheet?.overflowed ?? []}
            marks={marks}
            onChoose={choose}
          />
        ) : (
          <div class="draw-blank" aria-hidden="true" />
        )}
        <div class="draw-foot">
          <div class="draw-state">
            <Working work={drawing} />
            {ends.wanted !== undefined && (
              <p class="draw-hint" role="status">
                Choose image {endNames[ends.wanted]} on the sheet.
              </p>
            )}
            {sheet && sheet.overflowed.length > 0 && (
              <p class="draw-hint">
                {plural(sheet.overflowed.length, 'sample')} overflowed (crossed out): at this temperature, the
                noise lies outside what the flow has learned to invert. Lower the temperature.
              </p>
            )}
          </div>
          <button
            type="button"
            class="button"
            disabled={sheet === undefined}
            onClick={() => sheet && savePng(sheet, `samples-${name}`)}
          >
            Save sheet
          </button>
        </div>
      </section>
      <Interpolation
        ends={ends}
        step={interpolation.step}
        model={model && modelAddress(model)}
        onRandom={sheet && (() => ends.chooseBoth(pickTwo(countImages(sheet)).map(sampleAt)))}
        saveAs={`interpolation-${name}`}
      />
      {sheet && (
        <LargeSample
          sheet={sheet}
          opened={opened}
          nameAfter={name!}
          onInterpolate={(index) => ends.choose(0, sampleAt(index))}
        />
      )}
    </div>
  );
}

/** A sheet's label. */
function sheetLabel(sheet: Images & DrawSettings & { readonly classes: readonly string[] }): string {
  const classText = sheet.classes.includes(sheet.class) ? ` of class ${sheet.class}` : '';
  return `${plural(countImages(sheet), 'sample')}${classText} from seed ${sheet.seed} at temperature ${sheet.temperature}`;
}

/** Two random places of a sheet; the same one twice if it is the only one. */
function pickTwo(count: number): number[] {
  const first = Math.floor(Math.random() * count);
  const second = Math.floor(Math.random() * Math.max(1, count - 1));
  return [first, second >= first && count > 1 ? second + 1 : second];
}

/** The controls for a model with these classes; changes are reported as settings of the address. */
function Controls({
  temperature,
  seed,
  count,
  class: name,
  classes,
  onDrag,
  onChange,
}: DrawSettings & {
  readonly classes: readonly string[];
  /** The temperature's slider moves. */
  onDrag(temperature: number): void;
  onChange(changes: Settings): void;
}) {
  const choices = counts.includes(count) ? counts : [...counts, count];
  return (
    <>
      <Slider
        label="Temperature"
        value={temperature}
        most={MOST_TEMPERATURE}
        step={0.05}
        shown={temperature.toFixed(2)}
        ends={['similar', 'varied']}
        onChange={onDrag}
        onRelease={(value) => onChange({ temperature: String(value) })}
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
          options={choices.map((choice) => ({ value: String(choice), text: counted(choice) }))}
          onChange={(value) => onChange({ count: value })}
        />
      </div>
      {classes.length > 0 && (
        <Choice
          label="Class"
          value={classes.includes(name) ? name : ''}
          options={[
            { value: '', text: 'all, in turn' },
            ...classes.map((className) => ({ value: className, text: className })),
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
