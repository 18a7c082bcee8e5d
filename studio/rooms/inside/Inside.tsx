// The room Inside: one image inside the flow, with editable latents, its round trip and its stages.
import type { ImageShape, NdArray } from 'emerging-flows';
import type { HeatRange } from 'emerging-flows/pictures';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { changeSettings, settings } from '../../address.ts';
import { chosenModel, modelAddress, modelKey } from '../../models.ts';
import { Choice } from '../../parts/Choice.tsx';
import { HeatScale } from '../../parts/HeatScale.tsx';
import { ModelChoice } from '../../parts/ModelChoice.tsx';
import { Blank, Notice } from '../../parts/Notice.tsx';
import { outdated } from '../../parts/outdated.ts';
import { isVisible, unsupportedChannels } from '../../parts/Picture.tsx';
import { RoomHead } from '../../parts/RoomHead.tsx';
import { Term } from '../../parts/Term.tsx';
import { Working } from '../../parts/Working.tsx';
import { compute } from '../../work/connections.ts';
import type { CodedImage, Reach, Touched } from '../../work/insideTasks.ts';
import type { Images } from '../../work/models.ts';
import { useLatest } from '../../work/useLatest.ts';
import { isShown, useWork } from '../../work/useWork.ts';
import { ImageChoice } from './ImageChoice.tsx';
import { insideSettings } from './insideSettings.ts';
import { LevelPanel } from './LevelPanel.tsx';
import { RoundTrip } from './RoundTrip.tsx';
import { Stages } from './Stages.tsx';
import { shareInside } from './shareInside.ts';
import { type Edits, useEdits } from './useEdits.ts';
import { type Source, useImage } from './useImage.ts';
import { describeReach } from './words.ts';
import './inside.css';

/** Instructions without an image. */
const awaited: Readonly<Record<Source, string>> = {
  sample: 'No sample.',
  digit: 'No such digit.',
  file: 'Choose or drop a file: its latents appear here.',
  drawing: 'Draw a digit: its latents appear here.',
};

/** Lets the image follow a slider first: measuring takes longer than decoding. */
const PAUSE_MS = 100;

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
        const argument = { model: modelAddress(model), pixels: image.pixels.slice(), precision };
        const encodedImage = await compute('encode', { ...argument, class: wanted }, waiting);
        const { latents, class: name, classes } = encodedImage;
        return { image, latents, precision, wanted, classes, argument: { ...argument, class: name } };
      }),
    [image, precision, wanted],
  );
  // Don't show another model's latents.
  const encoded = model && encoding.result?.image.model === modelKey(model) ? encoding.result : undefined;
  const edits = useEdits(encoded?.latents);
  const decoding = useLatest(edits.latents, (latents) =>
    compute('decode', { model: encoded!.argument.model, latents, class: encoded!.argument.class }),
  );
  /** The bits of an image by stage, given a class. */
  const measureBits = async (image: Images, name: string | undefined): Promise<readonly number[]> => {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    return compute('bits', { model: modelAddress(model!), pixels: image.pixels.slice(), class: name });
  };
  // Show the image first: the rest takes longer.
  const isDecoded = encoded !== undefined && decoding.latest !== undefined;
  const encodedBits = useLatest(isDecoded ? encoded : undefined, (encodedImage) =>
    measureBits(encodedImage.image, encodedImage.argument.class),
  );
  const ofDecoded = useLatest(
    isDecoded && decoding.latest!.result.finite ? decoding.latest!.result : undefined,
    (decodedImage) => measureBits(decodedImage, encoded!.argument.class),
  );
  const bits = encodedBits.latest?.input === encoded ? encodedBits.latest?.result : undefined;
  const tripping = useWork(
    isDecoded
      ? async (waiting) => ({ of: encoded, ...(await compute('roundTrip', encoded.argument, waiting)) })
      : undefined,
    [isDecoded && encoded],
  );
  // The image whose stages are shown: with edits, the decoded one, with its values before they are rounded to pixels.
  const decodedImage = decoding.latest?.result;
  const isFlowing = edits.isChanged && decodedImage?.finite === true;
  const subject = useMemo((): Subject | undefined => {
    if (!encoded || !isDecoded) {
      return undefined;
    }
    return isFlowing
      ? { image: decodedImage, coded: { ...encoded.argument, pixels: decodedImage.values } }
      : { image: encoded.image, coded: encoded.argument };
  }, [encoded, isDecoded, isFlowing && decodedImage]);
  const staging = useLatest(subject, ({ coded }) => compute('stages', coded));
  const trip = tripping.result?.of === encoded ? tripping.result : undefined;
  const stages = staging.latest && {
    ...staging.latest.input,
    pictures: staging.latest.result,
    bits: isFlowing ? ofDecoded.latest?.result : bits,
  };
  const [touched, touch] = useState<Touched>();
  useEffect(() => touch(undefined), [encoded]);
  const pointing = useMemo(
    () => touched && subject && edits.latents && { touched, subject, latents: edits.latents },
    [touched, subject],
  );
  const reaching = useLatest(pointing, ({ touched, subject: { coded }, latents }) =>
    compute('reach', { ...coded, latents, touched }),
  );
  const reach = reaching.latest && { ...reaching.latest.result, of: reaching.latest.input.touched };
  const mapping = useWork(
    subject && stages?.bits
      ? async (waiting) => {
          const { model } = encoded!.argument;
          const pixels = subject.image.pixels.slice();
          const order = { model, pixels, reference: undefined };
          return { subject, ...(await compute('places', order, waiting)) };
        }
      : undefined,
    [subject, stages?.bits],
  );
  const map = mapping.result?.subject === subject ? mapping.result : undefined;
  const isOutdated = encoding.isOutdated || isShown(chosen.work);

  return (
    <div class="inside">
      <RoomHead
        title="Inside"
        unreadable={[
          ...looked.unreadable,
          ...(chosen.isDamaged ? ['drawing=…'] : []),
          ...(edits.isDamaged ? ['edits=…'] : []),
        ]}
        share={() => shareInside(looked, chosen, encoded?.latents, edits, decoding.latest?.result)}
      >
        Step by step, a flow turns an image into <Term of="latent">latents</Term> and back. Edit the latents
        to see what each <Term of="level">level</Term> contributes, or follow the image through the stages.
      </RoomHead>
      <div class="inside-side">
        <section class="room-controls" aria-label="Settings">
          <ModelChoice />
          {model && (
            <ImageChoice
              model={model.path}
              settings={looked}
              chosen={chosen}
              measure={async (drawn) => perValue(await measureBits(drawn, undefined), drawn)}
            />
          )}
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
                  ...encoded.classes.map((className) => ({ value: className, text: className })),
                ]}
                onChange={(value) => changeSettings({ class: value })}
              />
              <p class="control-note" data-testid="coded-class">
                Encoded and decoded as class {encoded.argument.class}
                {encoded.classes.includes(encoded.wanted) ? '.' : ', the most probable.'}
              </p>
            </>
          )}
          <Working work={isShown(encoding) ? encoding : chosen.work} />
        </section>
      </div>
      {model && image === undefined && chosen.shape && !isShown(chosen.work) && (
        <Blank>{awaited[chosen.source]}</Blank>
      )}
      {encoded && !isVisible(encoded.image) && <Notice>{unsupportedChannels(encoded.image)}</Notice>}
      {encoded && edits.latents && isVisible(encoded.image) && (
        <>
          <div class="inside-latents" {...outdated(isOutdated)}>
            <RoundTrip
              image={encoded.image}
              decoded={decoding.latest?.result}
              isOutdated={decoding.isOutdated || ofDecoded.isOutdated}
              isEdited={edits.isChanged}
              bits={{
                image: bits && perValue(bits, encoded.image),
                decoded: ofDecoded.latest && perValue(ofDecoded.latest.result, encoded.image),
              }}
              problem={
                decoding.problem ??
                encodedBits.problem ??
                ofDecoded.problem ??
                reaching.problem ??
                mapping.problem
              }
              returned={trip}
              work={tripping}
              precision={encoded.precision}
              map={map}
              reach={reach}
              words={describeReach(reach, map?.bits, encoded.image.shape, edits.latents)}
              onTouch={touch}
            />
            <Latents
              latents={edits.latents}
              edits={edits}
              draw={(seed) => compute('drawLatents', { model: encoded.argument.model, seed })}
              reach={reach}
              onTouch={touch}
            />
          </div>
          <section
            class="inside-part"
            aria-labelledby="stages-title"
            {...outdated(
              isOutdated ||
                [decoding, staging, isFlowing ? ofDecoded : encodedBits].some((work) => work.isOutdated),
            )}
          >
            <h2 id="stages-title">Stage by stage</h2>
            <p class="control-note">
              A <Term of="squeeze">squeeze</Term> makes pixels into channels, a{' '}
              <Term of="flow-step">flow step</Term> changes their values, and a <Term of="split">split</Term>{' '}
              sets latents aside; the inverse of each leads back. Select a stage, and a value in it, to see
              the arithmetic. The sum of the bits ends at the <Term of="bitsdim">bits/dim</Term> of the image.
              On the way it can fall below 0, because latents add their bits only at the splits and the top.
            </p>
            <p role="status" class="inside-state">
              {edits.isChanged &&
                (isFlowing
                  ? 'With your edits: these are the stages of the decoded image.'
                  : 'Without your edits, whose values overflow.')}
            </p>
            {staging.problem !== undefined && <Notice>{staging.problem}</Notice>}
            {stages ? (
              <Stages
                image={stages.image}
                coded={stages.coded}
                stages={stages.pictures}
                bits={stages.bits}
                reach={reach}
              />
            ) : (
              <Working work={tripping} />
            )}
          </section>
        </>
      )}
    </div>
  );
}

/** bits/dim of an image, from its bits by stage. */
function perValue(bits: readonly number[], { pixels }: Images): number {
  return bits.reduce((sum, stageBits) => sum + stageBits, 0) / pixels.length;
}

/** An image whose stages are shown. */
interface Subject {
  readonly image: Images;
  readonly coded: CodedImage;
}

interface LatentsProps {
  readonly latents: readonly NdArray[];
  readonly edits: Edits;
  /** What a touched pixel or latent changes. */
  readonly reach: Reach | undefined;
  onTouch(touched: Touched | undefined): void;
  readonly draw: (seed: number) => Promise<readonly NdArray[]>;
}

/** One range for all levels, which contains almost all latents. */
const range: HeatRange = [-3, 3];

/** The room's section for editing latents. */
function Latents({ latents, edits, draw, reach, onTouch }: LatentsProps) {
  return (
    <section class="inside-part" aria-labelledby="latents-title">
      <div class="inside-head">
        <h2 id="latents-title">Latents</h2>
        <div class="buttons">
          <button type="button" class="button" disabled={!edits.isChanged} onClick={edits.undo}>
            Undo
          </button>
          <button type="button" class="button" disabled={!edits.isChanged} onClick={edits.reset}>
            Reset
          </button>
        </div>
      </div>
      <p class="control-note">
        Under the model, latents are independent noise around zero. Edit one, erase a level, or redraw it.{' '}
        {latents.length > 1 &&
          'A finer level holds details: erasing it leaves those that the coarser levels predict, and redrawing it gives new details with the same structure. '}
        The coarsest level holds the structure: erasing it leaves an average one, and redrawing it gives
        another one, such as another digit.
      </p>
      <HeatScale range={range} unit="latent value" digits={0} />
      <div class="inside-levels">
        {latents.map(({ shape }, level) => (
          <LevelPanel
            // A level keeps its key when its latents change.
            key={shape.join()}
            level={level}
            count={latents.length}
            shape={shape.slice(1) as unknown as ImageShape}
            range={range}
            edits={edits}
            draw={draw}
            lit={reach?.levels[level]}
            onTouch={(index) => onTouch(index === undefined ? undefined : { kind: 'latent', level, index })}
          />
        ))}
      </div>
    </section>
  );
}
