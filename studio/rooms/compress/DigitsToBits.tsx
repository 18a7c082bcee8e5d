// The first images on their way to bits, stage by stage: what the model makes of them, and how long their code is.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { plural } from '../../numbers.ts';
import { Picture, selectImage } from '../../parts/Picture.tsx';
import { PlayButton } from '../../parts/PlayButton.tsx';
import { Slider } from '../../parts/Slider.tsx';
import { usePlayback } from '../../parts/usePlayback.ts';
import { shownTheme } from '../../theme.ts';
import type { CodeTrace } from '../../work/codecTasks.ts';

/** Playback. */
const [STEP_MS, CALM_STEP_MS] = [350, 1400];

/** The columns of a pile of bits, and the side of a bit's cell. */
const [COLUMNS, CELL] = [56, 4];

/** The figure; it plays once by itself, unless the reader prefers reduced motion. */
export function DigitsToBits({ trace: { names, lengths, steps } }: { trace: CodeTrace }) {
  const isReduced = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const last = steps.length - 1;
  const [index, setIndex] = useState(isReduced ? last : 0);
  const next = index < last ? index + 1 : undefined;
  const pause = isReduced ? CALM_STEP_MS : STEP_MS;
  const [playing, setPlaying] = usePlayback(!isReduced, next, pause, setIndex);
  const bits = lengths.map(({ stages }) => Math.max(0, Math.round(stages[index]!)));
  const most = Math.round(lengths[0]!.stages[0]!);
  const total = bits.reduce((sum, count) => sum + count, 0);
  return (
    <figure class="bits panel" aria-labelledby="bits-title">
      <h2 id="bits-title">From pixels to bits</h2>
      <div class="bits-controls">
        <Slider
          label="Stage of the model"
          value={index}
          most={last}
          shown={stepName(steps[index]!)}
          ends={['pixels', 'code']}
          onChange={(value) => {
            setPlaying(false);
            setIndex(value);
          }}
        />
        <PlayButton
          playing={playing}
          atEnd={index >= last}
          onRestart={() => setIndex(0)}
          onChange={setPlaying}
        />
      </div>
      <ul class="bits-images framed">
        {names.map((name, image) => (
          // Several files may have this name.
          <li key={image} title={name}>
            <div class="bits-picture">
              <Picture image={selectImage(steps[index]!.picture, image)} label={name} />
            </div>
            <Pile bits={bits[image]!} most={most} />
            <span>
              {plural(bits[image]!, 'bit')}
              {lengths[image]!.plain && ', stored plainly'}
            </span>
          </li>
        ))}
      </ul>
      <figcaption class="control-note" aria-live={playing ? 'off' : 'polite'} data-testid="bits">
        {plural(total, 'bit')} for {names.length === 1 ? 'this image' : `these ${names.length} images`},{' '}
        {Math.round((100 * total) / (most * names.length))} % of their pixels
        {index === last
          ? ': the length of their code. Each dot is a bit. Expected values take few.'
          : '. Each dot is a bit, of the code so far or of the values that are left. Latents add theirs only at the split and the end.'}
      </figcaption>
    </figure>
  );
}

/** A square for each bit, in a box for the most bits. */
function Pile({ bits, most }: { bits: number; most: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const rows = Math.ceil(most / COLUMNS);
  useLayoutEffect(() => {
    const context = canvas.current!.getContext('2d')!;
    context.clearRect(0, 0, CELL * COLUMNS, CELL * rows);
    context.fillStyle = getComputedStyle(canvas.current!).color;
    for (let bit = 0; bit < Math.min(bits, rows * COLUMNS); bit++) {
      // From the bottom left.
      const row = rows - 1 - Math.floor(bit / COLUMNS);
      context.fillRect(CELL * (bit % COLUMNS), CELL * row, CELL - 1, CELL - 1);
    }
  }, [bits, rows, shownTheme.value]);
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a canvas without a tab index takes no focus.
    <canvas ref={canvas} class="bits-pile" width={CELL * COLUMNS} height={CELL * rows} aria-hidden="true" />
  );
}

function stepName({ kind, level, step = 0 }: CodeTrace['steps'][number]): string {
  const names = {
    image: 'pixels',
    pixelStep: `pixel step ${step + 1}`,
    squeeze: 'squeeze',
    step: `flow step ${step + 1}`,
    split: 'split',
    prior: 'code',
  };
  return kind === 'image' || kind === 'prior' ? names[kind] : `level ${level + 1}, ${names[kind]}`;
}
