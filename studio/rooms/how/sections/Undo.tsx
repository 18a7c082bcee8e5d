// Why emerging convolutions: undoing ordinary convolutions, one corner, and two.

import { useState } from 'preact/hooks';
import { changeSettings, linkTo, settings } from '../../../address.ts';
import { counted, plural } from '../../../numbers.ts';
import { Choice } from '../../../parts/Choice.tsx';
import { PlayButton } from '../../../parts/PlayButton.tsx';
import { UnreadableSettings } from '../../../parts/RoomHead.tsx';
import { Slider } from '../../../parts/Slider.tsx';
import { usePlayback } from '../../../parts/usePlayback.ts';
import { readSettings } from '../../../readSettings.ts';
import { convolved, type Kind, sequences, type Undone, undone } from '../maths/substitution.ts';
import { Figure, Panel } from '../parts/Figure.tsx';
import { PixelGrid, type PixelLook } from '../parts/PixelGrid.tsx';
import { ringPicture } from '../parts/pictures.ts';

const SIDE = 16;
const PIXELS = SIDE ** 2;

/** Playback: this many pixels at a time. */
const PIXELS_AT_ONCE = 4;
const STEP_MS = 50;

/** Larger errors are shown as wrong. */
const WRONG = 1e-6;

/** Shown until the reader draws: a ring. */
const usualPicture = ringPicture(SIDE).map((value) => (value > 0 ? 1 : 0));

const kinds: Readonly<Record<Kind, { readonly title: string; readonly sees: string }>> = {
  ordinary: {
    title: 'ordinary, 3x3',
    sees: 'Each pixel sees its neighbours on all sides, so none can be undone first.',
  },
  corner: {
    title: 'one corner',
    sees: 'Each pixel sees only itself and pixels above and to its left. The one at the top left sees only itself, so undoing starts there; but the layer never looks right or down.',
  },
  emerging: {
    title: 'two corners: emerging',
    sees: 'The first convolution looks right and down, the second left and up; together they see all sides, and each is undone from its own corner.',
  },
};

/** The section. */
export function Undo() {
  return (
    <>
      <p>
        Convolutions suit images: each pixel is computed from its neighbours. Draw something, and try to undo
        its convolution, pixel by pixel.
      </p>
      <UndoConvolution />
      <p>
        A convolution is linear, so undoing it means solving a system of linear equations, one for each value:
        for a 32&nbsp;×&nbsp;32 colour image, 3,072 equations, and about 10 billion multiplications for the
        solution or the determinant. With one corner of the kernel, the first pixel depends only on itself,
        and each of the others on pixels that are known by then. With two corners, one after the other, this
        works twice (<a href={linkTo('how/layers', { section: 'inverse' })}>how the library does it</a>).
      </p>
    </>
  );
}

/**
 * The figure.
 *
 * @param starts whether it begins by itself, unless the reader prefers less motion
 */
export function UndoConvolution({ starts = false }: { starts?: boolean }) {
  const { choice, read, unreadable } = readSettings(settings.value);
  const kind = choice('convolution', Object.keys(kinds) as Kind[]);
  const [count, setCount] = useState(0);
  const [selected, setSelected] = useState(0);
  const [ink, setInk] = useState(1);
  const picture = read('image', decodePicture, usualPicture);
  const isBlank = picture.every((value) => value === 0);
  const sequence = sequences[kind];
  const totalSteps = sequence.length * PIXELS;
  const startsItself = starts && !matchMedia('(prefers-reduced-motion: reduce)').matches;
  const next = count < totalSteps ? Math.min(totalSteps, count + PIXELS_AT_ONCE) : undefined;
  const [playing, setPlaying] = usePlayback(startsItself, next, STEP_MS, setCount);
  const restart = (): void => {
    setCount(0);
    setPlaying(false);
  };

  // The images before each kernel, and after the last.
  const images = [picture];
  for (const step of sequence) {
    images.push(convolved(images.at(-1)!, step));
  }
  const after = images.at(-1)!;
  // The kernel that is being undone: the last one first.
  const stage = Math.min(sequence.length - 1, Math.floor(count / PIXELS));
  const kernel = sequence.length - 1 - stage;
  const done = count - stage * PIXELS;
  const result = undone(images[kernel + 1]!, sequence[kernel]!, done);
  const wrong = wrongPixels(result, images[kernel]!);
  const paint = (pixel: number, isFirst: boolean): void => {
    const value = isFirst ? 1 - picture[pixel]! : ink;
    setInk(value);
    restart();
    changeSettings({ image: encodePicture(picture.map((old, index) => (index === pixel ? value : old))) });
  };
  return (
    <Figure
      title="Undo a convolution"
      moving={playing}
      controls={
        <>
          <Choice
            label="Convolution"
            value={kind}
            options={Object.entries(kinds).map(([value, { title }]) => ({ value, text: title }))}
            onChange={(value) => {
              changeSettings({ convolution: value });
              restart();
            }}
          />
          <Slider
            label="Pixels undone"
            value={count}
            most={totalSteps}
            shown={`${counted(count)} of ${counted(totalSteps)}${sequence.length === 1 ? '' : ' (two convolutions)'}`}
            onChange={(value) => {
              setPlaying(false);
              setCount(value);
            }}
          />
        </>
      }
      description={
        <>
          {kinds[kind].sees}{' '}
          {count === 0
            ? isBlank
              ? 'The drawing is empty: draw something to undo.'
              : ''
            : `${sequence.length === 1 ? '' : `${stage === 0 ? 'Second' : 'First'} convolution: `}${counted(done)} of ${counted(PIXELS)} pixels undone, from the ${sequence[kernel]!.start}; ${
                wrong.size === 0
                  ? isBlank
                    ? 'all are empty, so nothing can go wrong'
                    : 'all are right'
                  : `${counted(wrong.size)} are wrong`
              }.`}{' '}
          {stage > 0 &&
            done < PIXELS &&
            'The second convolution is undone, so the picture is still blurred by the first, which is undone from the other corner. '}
          {result.guessed > 0 &&
            `The last one depends on ${plural(result.guessed, 'pixel')} not known yet, taken as 0.`}
        </>
      }
    >
      <UnreadableSettings settings={unreadable} />
      <div class="how-panels how-three">
        <Panel title="your drawing">
          <PixelGrid
            height={SIDE}
            width={SIDE}
            label="Your drawing"
            look={(pixel) => ({ class: 'how-solved', opacity: 0.08 + 0.92 * picture[pixel]! })}
            selected={selected}
            onSelect={setSelected}
            onPaint={paint}
          />
        </Panel>
        <Panel title="after the convolution">
          <PixelGrid
            height={SIDE}
            width={SIDE}
            label="The drawing after the convolution"
            look={(pixel) => ({ class: 'how-first', opacity: greyLevel(after[pixel]!, after) })}
          />
        </Panel>
        <Panel
          title={
            <>
              undone so far: <Key class="how-solved">right</Key> <Key class="how-unsolved">wrong</Key>{' '}
              <Key class="how-now">current</Key> <Key class="how-first">not undone</Key>
            </>
          }
        >
          <PixelGrid
            height={SIDE}
            width={SIDE}
            label="The drawing, undone so far"
            look={(pixel) => undoneLook(pixel, result, images[kernel + 1]!, images[kernel]!, wrong)}
          />
        </Panel>
      </div>
      <div class="how-player">
        <PlayButton
          label="Undo it"
          playing={playing}
          atEnd={count >= totalSteps}
          onRestart={() => setCount(0)}
          onChange={setPlaying}
        />
        <button
          type="button"
          class="button"
          onClick={() => {
            restart();
            changeSettings({ image: encodePicture(Array<number>(PIXELS).fill(0)) });
          }}
        >
          Clear
        </button>
      </div>
    </Figure>
  );
}

/** A word of the legend, with its colour. */
function Key({ class: name, children }: { class: string; children: string }) {
  return (
    <span class="how-key how-grid">
      <svg viewBox="0 0 1 1" aria-hidden="true">
        <rect class={name} width={1} height={1} />
      </svg>
      {children}
    </span>
  );
}

function wrongPixels({ values }: Undone, right: readonly number[]): ReadonlySet<number> {
  return new Set(
    values.flatMap((value, pixel) =>
      value !== undefined && Math.abs(value - right[pixel]!) > WRONG ? [pixel] : [],
    ),
  );
}

/** Undone pixels in black, wrong ones in orange, the current one in amber, the others as convolved. */
function undoneLook(
  pixel: number,
  { values, last }: Undone,
  before: readonly number[],
  right: readonly number[],
  wrong: ReadonlySet<number>,
): PixelLook {
  const value = values[pixel];
  if (value === undefined) {
    return { class: 'how-first', opacity: greyLevel(before[pixel]!, before) };
  }
  if (wrong.has(pixel)) {
    const largest = Math.max(1, ...right.map(Math.abs));
    return { class: 'how-unsolved', opacity: 0.15 + 0.85 * Math.min(1, Math.abs(value) / largest) };
  }
  return pixel === last ? { class: 'how-now' } : { class: 'how-solved', opacity: greyLevel(value, right) };
}

/** How dark a value is, relative to the largest of its image. */
function greyLevel(value: number, image: readonly number[]): number {
  return 0.08 + 0.92 * Math.min(1, Math.max(0, value / Math.max(1, ...image)));
}

/** The picture encoded in a text, four pixels in each hexadecimal digit. */
function decodePicture(text: string): number[] | undefined {
  if (!/^[\da-f]{64}$/.test(text)) {
    return undefined;
  }
  return [...text].flatMap((digit) => [8, 4, 2, 1].map((bit) => (Number.parseInt(digit, 16) & bit ? 1 : 0)));
}

function encodePicture(picture: readonly number[]): string {
  return Array.from({ length: PIXELS / 4 }, (_, index) =>
    picture
      .slice(4 * index, 4 * index + 4)
      .reduce((sum, value) => 2 * sum + value, 0)
      .toString(16),
  ).join('');
}
