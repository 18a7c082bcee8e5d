// The room Compress: images to a small file, and back.
import type { GivenFolder } from 'emerging-flows/data';
import { useMemo, useState } from 'preact/hooks';
import { changeSettings, settings } from '../../address.ts';
import { chosenModel, modelAddress } from '../../models.ts';
import { plural } from '../../numbers.ts';
import { Check } from '../../parts/Check.tsx';
import { downloadBlob } from '../../parts/download.ts';
import { FileDrop } from '../../parts/FileDrop.tsx';
import { ModelChoice } from '../../parts/ModelChoice.tsx';
import { Notice } from '../../parts/Notice.tsx';
import { NumberField } from '../../parts/NumberField.tsx';
import { RefusedFiles } from '../../parts/ReadResults.tsx';
import { RoomHead } from '../../parts/RoomHead.tsx';
import { Working } from '../../parts/Working.tsx';
import type { CodecProgress, CompressedImages } from '../../work/codecTasks.ts';
import { code, compute } from '../../work/connections.ts';
import { TILES } from '../../work/constants.ts';
import { DIGITS_AUTHORS, digitsUrl, takesDigits } from '../../work/digits.ts';
import { isShown, useWork } from '../../work/useWork.ts';
import { compressSettings, MOST_BLOCK } from './compressSettings.ts';
import { Decoded } from './Decoded.tsx';
import { DigitsToBits } from './DigitsToBits.tsx';
import { bitsText, bytesText, headingText, listSizes, type Size, verdictText } from './sizes.ts';
import { type Chosen, useCodable, useCodec } from './useCodec.ts';
import './compress.css';
import type { ImageShape } from 'emerging-flows';
import type { Waiting } from '../../work/calls.ts';
import type { ModelAddress } from '../../work/models.ts';

/** The room. */
export function Compress() {
  const offered = chosenModel.value;
  const model = offered?.problem === null ? offered : undefined;
  const chosenSettings = compressSettings(settings.value);
  const { block, withModel, tiles } = chosenSettings;
  const [input, setInput] = useState<Input>();
  const { shape, problem } = useCodable(model);
  // Images to try are of the chosen model's shape.
  const shapeText = input?.folder ? '' : shape?.join();
  const choice = useMemo(() => input && { input, shapeText }, [input, shapeText]);
  const choosing = useWork(
    input?.folder || (input && model && shape)
      ? async (waiting) => ({
          of: choice,
          chosen: input.folder
            ? await sortFiles(input.folder, waiting)
            : await chooseTrial(modelAddress(model!), shape!, waiting),
        })
      : undefined,
    [choice],
  );
  const isChosen = choosing.result?.of === choice && !isShown(choosing);
  const chosen = isChosen ? choosing.result?.chosen : undefined;
  const codec = useCodec(model, shape && String(shape), chosen, chosenSettings);
  const { compressing, decoding, tracing } = codec;
  const compressed = compressing.result;
  const file = chosen?.kind === 'file' ? chosen.file : compressed?.file;
  const saveImages = async (): Promise<void> => {
    const zip = await code('unpack', { file: file!, model: model && modelAddress(model) });
    downloadBlob(zip, 'images.zip');
  };
  return (
    <div class="compress">
      <RoomHead
        title="Compress"
        unreadable={chosenSettings.unreadable}
        share={() => ({
          settings: {
            ...settings.value,
            ...(model && { model: model.path }),
            block: String(block),
            embed: withModel ? 'yes' : 'no',
            tiles: tiles ? 'yes' : 'no',
          },
          omitted: chosen && 'The images stay in this browser: the link keeps the model and the options.',
        })}
      >
        A model that gives images a high probability can store them in few bits. Compression is lossless.
      </RoomHead>
      <section class="room-controls" aria-label="Model and images">
        <ModelChoice />
        {problem !== undefined && chosen?.kind !== 'file' && <Notice>{problem}</Notice>}
        <div class="compress-source">
          <button
            type="button"
            class="button primary"
            disabled={shape === undefined}
            onClick={() => setInput({})}
          >
            {shape ? trialText(shape) : 'Try it'}
          </button>
          {shape && takesDigits(shape) && <p class="control-note">{DIGITS_AUTHORS}</p>}
        </div>
        <FileDrop
          choose={['files', 'folder']}
          accepts="Images, or an .eflow file to decode, also dropped anywhere on the page. Nothing leaves this browser."
          {...(chosen && { chosen: chosen.kind === 'file' ? chosen.name : chosen.text })}
          onFiles={(folder) => setInput({ folder })}
        />
        {/* Errors name it, so it is always in sight. */}
        <Check
          label={TILES}
          checked={tiles}
          onChange={(is) => changeSettings({ tiles: is ? 'yes' : 'no' })}
        />
        <details class="compress-options">
          <summary>Options</summary>
          <div>
            <Check
              label="Include the model"
              checked={withModel}
              onChange={(is) => changeSettings({ embed: is ? 'yes' : 'no' })}
            />
            <NumberField
              label={tiles ? 'Tiles per block' : 'Images per block'}
              value={block}
              least={1}
              most={MOST_BLOCK}
              onChange={(value) => changeSettings({ block: String(value) })}
            />
            <p class="control-note">
              A damaged byte costs its block. Blocks are coded in parallel, and each stores its first{' '}
              {tiles ? 'tiles' : 'images'} plainly.
            </p>
          </div>
        </details>
      </section>
      <section class="compress-results" aria-label="Compressed images">
        {chosen === undefined && !isShown(choosing) && (
          <p class="room-blank">Try the included images, or drop a folder of your own.</p>
        )}
        {isShown(choosing) && <Working work={choosing} />}
        {isShown(compressing) && (
          <>
            <LiveSize progress={compressing.progress} />
            <Working work={compressing} />
          </>
        )}
        {compressed && (
          <>
            <CompressedFacts compressed={compressed} onDecode={codec.decode} />
            {tracing.result?.of === compressed ? (
              tracing.result.trace && <DigitsToBits key={model!.path} trace={tracing.result.trace} />
            ) : (
              <Working work={tracing} />
            )}
            <RefusedFiles refused={compressed.skipped} />
          </>
        )}
        {isShown(decoding) && <Working work={decoding} />}
        {decoding.result && file && (
          <Decoded decoded={decoding.result} expected={compressed?.images} onSave={saveImages} />
        )}
      </section>
    </div>
  );
}

/** The images that are done, and the bytes that they take. */
function LiveSize({ progress }: { progress: CodecProgress | undefined }) {
  const { done = 0, total, bytes } = progress ?? {};
  if (bytes === undefined || total === undefined || done === 0) {
    return null;
  }
  return (
    <p class="compress-live">
      <strong class="figure">{bytesText(bytes)}</strong>{' '}
      <span class="quiet">
        {/* An image of several tiles is done in fractions, which add up to almost 1. */}
        {Math.floor(done + 1e-6).toLocaleString('en')} of {plural(total, 'image')},{' '}
        {plural(Math.round((8 * bytes) / done), 'bit')} each
      </span>
    </p>
  );
}

interface CompressedFactsProps {
  readonly compressed: CompressedImages;
  onDecode(): void;
}

/** The size, the comparison, and buttons. */
function CompressedFacts({ compressed, onDecode }: CompressedFactsProps) {
  const { images, values, plain, tiles, seconds, file } = compressed;
  const speed = images / seconds;
  return (
    <section class="compress-facts" aria-labelledby="compress-facts-title">
      <h2 id="compress-facts-title" data-testid="compressed">
        {headingText(compressed)}
      </h2>
      <p>{verdictText(compressed)}</p>
      <SizeBars sizes={listSizes(compressed)} images={images} values={values} />
      <p class="control-note">
        {seconds.toFixed(1)} s, {speed.toFixed(speed < 10 ? 1 : 0)} images/s.
        {plain > 0 &&
          ` ${plural(plain, tiles ? 'tile' : 'image')} stored plainly: the first of each block, and those that the model can’t take.`}
      </p>
      <div class="buttons">
        <button type="button" class="button" onClick={() => downloadBlob(file, 'images.eflow')}>
          Download images.eflow
        </button>
        <button type="button" class="button" onClick={onDecode}>
          Decode and check
        </button>
      </div>
    </section>
  );
}

interface SizeBarsProps {
  readonly sizes: readonly Size[];
  readonly images: number;
  readonly values: number;
}

/** The bars, with bits per image. */
function SizeBars({ sizes, images, values }: SizeBarsProps) {
  const largest = Math.max(...sizes.map(({ bytes }) => bytes));
  return (
    <ul class="size-bars">
      {sizes.map(({ name, bytes, isOwn }) => (
        <li key={name} class={isOwn ? 'size-own' : ''}>
          <span class="size-name">{name}</span>
          <span class="size-bytes">{bytesText(bytes)}</span>
          <span class="size-track" aria-hidden="true">
            <span style={{ width: `${(100 * bytes) / largest}%` }} />
          </span>
          <span class="size-bits">{bitsText(bytes, images, values)}</span>
        </li>
      ))}
    </ul>
  );
}

/** The numbers of digits and of samples. */
const [DIGITS, SAMPLES] = [500, 64];

/** What the button says. */
function trialText(shape: ImageShape): string {
  return takesDigits(shape) ? `Try ${DIGITS} digits` : `Try ${SAMPLES} samples`;
}

/** The input: files, or none for images to try. */
interface Input {
  readonly folder?: GivenFolder;
}

/** Whether there are a compressed file or images among files. */
async function sortFiles({ files, name }: GivenFolder, waiting: Waiting): Promise<Chosen> {
  const position = await code('compressedAmong', { files, isFolder: name !== undefined }, waiting);
  const compressed = files[position ?? -1];
  const text = `${plural(files.length, 'file')}${name === undefined ? '' : ` in ${name}`}`;
  return compressed
    ? { kind: 'file', file: compressed.file, name: compressed.path }
    : { kind: 'source', source: { kind: 'files', files }, text };
}

/** Images to try: digits are test images, which no model was trained on. */
async function chooseTrial(model: ModelAddress, shape: ImageShape, waiting: Waiting): Promise<Chosen> {
  const isDigits = takesDigits(shape);
  const { pixels } = isDigits
    ? await compute('digits', { url: digitsUrl(), split: 'test', from: 0, count: DIGITS }, waiting)
    : await compute('sample', { model, count: SAMPLES, seed: 0, temperature: 1 }, waiting);
  const count = pixels.length / (shape[0] * shape[1] * shape[2]);
  const names = Array.from(
    { length: count },
    (_, index) => `${isDigits ? 'digit' : 'sample'}-${String(index).padStart(5, '0')}.png`,
  );
  const source = { kind: 'images', names, pixels, shape } as const;
  return { kind: 'source', source, text: `${count} images to try` };
}
