// The room Inside: one image inside the flow, with editable latents, its round trip and its stages.
import { changeSettings, settings } from '../../address.ts';
import { addressOf, chosenModel } from '../../models.ts';
import { Blank } from '../../parts/Blank.tsx';
import { Choice } from '../../parts/Choice.tsx';
import { ModelChoice } from '../../parts/ModelChoice.tsx';
import { Notice } from '../../parts/Notice.tsx';
import { isVisible, unsupportedChannels } from '../../parts/Picture.tsx';
import { RoomHead } from '../../parts/RoomHead.tsx';
import { Working } from '../../parts/Working.tsx';
import { compute } from '../../work/compute.ts';
import { useLatest } from '../../work/useLatest.ts';
import { useWork, type Work } from '../../work/useWork.ts';
import { ImageChoice } from './ImageChoice.tsx';
import { insideSettings } from './insideSettings.ts';
import { Latents } from './Latents.tsx';
import { RoundTrip } from './RoundTrip.tsx';
import { Stages } from './Stages.tsx';
import { useEdits } from './useEdits.ts';
import { type Source, useImage } from './useImage.ts';
import './inside.css';

/** Instructions while there is no image. */
const awaited: Readonly<Record<Source, string>> = {
  sample: 'No sample.',
  digit: 'No such digit.',
  file: 'Choose or drop a file: its latents appear here.',
  drawing: 'Draw a digit: its latents appear here.',
};

/** The room. */
export function Inside() {
  const offered = chosenModel.value;
  const model = offered?.problem === null ? offered : undefined;
  const looked = insideSettings(settings.value);
  const { precision, class: wanted } = looked;
  const chosen = useImage(model, looked);
  const { image } = chosen;
  const encoding = useWork(
    model &&
      image &&
      (async (waiting) => {
        const argument = { model: addressOf(model), pixels: image.pixels.slice(), precision };
        const found = await compute('encode', { ...argument, class: wanted }, waiting);
        const { latents, class: name, classes } = found;
        return { image, latents, precision, wanted, classes, argument: { ...argument, class: name } };
      }),
    [image, precision, wanted],
  );
  // Don't show another model's latents.
  const encoded = encoding.result?.image.model === model?.path ? encoding.result : undefined;
  const edits = useEdits(encoded?.latents);
  const decoding = useLatest(edits.latents, (latents) =>
    compute('decode', { model: encoded!.argument.model, latents, class: encoded!.argument.class }),
  );
  // Show the image first: the rest takes longer.
  const isDecoded = encoded !== undefined && decoding.latest !== undefined;
  const tripping = useWork(
    isDecoded
      ? async (waiting) => ({ of: encoded, ...(await compute('roundTrip', encoded.argument, waiting)) })
      : undefined,
    [isDecoded && encoded],
  );
  const staging = useWork(
    isDecoded
      ? async (waiting) => ({ of: encoded, stages: await compute('stages', encoded.argument, waiting) })
      : undefined,
    [isDecoded && encoded],
  );
  const trip = tripping.result?.of === encoded ? tripping.result : undefined;
  const stages = staging.result?.of === encoded ? staging.result?.stages : undefined;

  return (
    <div class="inside">
      <RoomHead title="Inside">
        A flow turns an image into latents, step by step, and back. Edit the latents to see what each level
        contributes.
      </RoomHead>
      <section class="room-controls" aria-label="Settings">
        <ModelChoice />
        {model && <ImageChoice model={model.path} settings={looked} chosen={chosen} />}
        <Choice
          label="Precision"
          value={precision}
          options={[
            { value: 'float32', text: 'float32' },
            { value: 'float64', text: 'float64' },
          ]}
          onChange={(value) => changeSettings({ precision: value })}
        />
        {encoded && encoded.classes.length > 0 && (
          <>
            <Choice
              label="Class"
              value={encoded.classes.includes(wanted) ? wanted : ''}
              options={[
                { value: '', text: 'most probable' },
                ...encoded.classes.map((one) => ({ value: one, text: one })),
              ]}
              onChange={(value) => changeSettings({ class: value })}
            />
            <p class="control-note" data-testid="coded-class">
              Encoded and decoded as class {encoded.argument.class}
              {encoded.classes.includes(encoded.wanted) ? '.' : ', the most probable.'}
            </p>
          </>
        )}
        <Working work={isAtWork(encoding) ? encoding : chosen.work} />
      </section>
      {model && image === undefined && chosen.shape && !isAtWork(chosen.work) && (
        <Blank>{awaited[chosen.source]}</Blank>
      )}
      {encoded && !isVisible(encoded.image) && <Notice>{unsupportedChannels(encoded.image)}</Notice>}
      {encoded && edits.latents && isVisible(encoded.image) && (
        <>
          <Latents
            image={encoded.image}
            decoded={decoding.latest?.result}
            problem={decoding.problem}
            latents={edits.latents}
            edits={edits}
          />
          <section class="inside-part" aria-labelledby="trip-title">
            <h2 id="trip-title">There and back</h2>
            {trip ? <RoundTrip returned={trip} precision={encoded.precision} /> : <Working work={tripping} />}
          </section>
          <section class="inside-part" aria-labelledby="stages-title">
            <h2 id="stages-title">Stage by stage</h2>
            {stages ? <Stages image={encoded.image} stages={stages} /> : <Working work={staging} />}
          </section>
        </>
      )}
    </div>
  );
}

/** Whether the work is running or failed. */
function isAtWork({ progress, problem }: Work<unknown>): boolean {
  return progress !== undefined || problem !== undefined;
}
