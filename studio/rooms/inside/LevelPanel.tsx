// One level of latents: its heat map, a slider for the selected one, and controls for all.
import type { ImageShape, NdArray } from 'emerging-flows';
import type { HeatRange } from 'emerging-flows/pictures';
import { useState } from 'preact/hooks';
import { decimal } from '../../numbers.ts';
import { HeatGrid } from '../../parts/HeatGrid.tsx';
import { placeName } from '../../parts/heatPlaces.ts';
import { Notice } from '../../parts/Notice.tsx';
import { Slider } from '../../parts/Slider.tsx';
import type { Edits } from './useEdits.ts';

interface LevelPanelProps {
  readonly level: number;
  readonly count: number;
  /** Height, width and channels. */
  readonly shape: ImageShape;
  readonly range: HeatRange;
  readonly edits: Edits;
  /** Draws the latents of an image from the priors. */
  readonly draw: (seed: number) => Promise<readonly NdArray[]>;
  /** How strongly each latent shines. */
  readonly lit: ArrayLike<number> | undefined;
  /** The reader points at a latent, or no longer. */
  onTouch(index: number | undefined): void;
}

/** The minimum range of the slider, which contains almost all latents. */
const USUAL = 4;

/** The controls of a level. */
export function LevelPanel({ level, count, shape, range, edits, draw, lit, onTouch }: LevelPanelProps) {
  const middle = (Math.floor(shape[0] / 2) * shape[1] + Math.floor(shape[1] / 2)) * shape[2];
  const [chosen, setChosen] = useState(middle);
  const [problem, setProblem] = useState<string>();
  const { values, scale } = edits.levels[level]!;
  const selected = Math.min(chosen, values.length - 1);
  const value = values[selected]!;
  const limit = Math.max(USUAL, Math.ceil(Math.abs(value)));
  const replace = (name: string, next: typeof values): void =>
    edits.change(`${name} ${level}`, level, { values: next, scale: 1 });
  return (
    <section class="inside-level" aria-labelledby={`level-${level}`}>
      <h3 id={`level-${level}`}>
        Level {level + 1}
        <span class="quiet"> {describeLevel(level, count)}</span>
      </h3>
      <HeatGrid
        label={`Latents of level ${level + 1}: ${shape[0]} × ${shape[1]} pixels, ${shape[2]} channels`}
        values={edits.latents![level]!.data}
        shape={shape}
        range={range}
        selected={selected}
        lit={lit}
        onSelect={(index) => {
          setChosen(index);
          onTouch(index);
        }}
        onPoint={onTouch}
      />
      <Slider
        label={`Latent at ${placeName(selected, shape)}`}
        value={Number.isFinite(value) ? value : 0}
        least={-limit}
        most={limit}
        step={0.01}
        shown={decimal(value)}
        onChange={(next) => {
          const changed = values.slice();
          changed[selected] = next;
          edits.change(`latent ${level} ${selected}`, level, { values: changed });
        }}
      />
      <Slider
        label={`Temperature of level ${level + 1}`}
        value={scale}
        most={2}
        step={0.01}
        shown={decimal(scale)}
        onChange={(next) => edits.change(`scale ${level}`, level, { scale: next })}
      />
      <div class="buttons">
        <button
          type="button"
          class="button"
          aria-label={`Erase level ${level + 1}`}
          onClick={() =>
            replace(
              'erase',
              values.map(() => 0),
            )
          }
        >
          Erase
        </button>
        <button
          type="button"
          class="button"
          aria-label={`Redraw level ${level + 1}`}
          onClick={() => {
            const seed = Math.floor(Math.random() * 2 ** 32);
            setProblem(undefined);
            draw(seed).then(
              (drawn) =>
                replace(
                  `redraw ${seed}`,
                  values.map((_, index) => drawn[level]!.data[index]!),
                ),
              (error: Error) => setProblem(error.message),
            );
          }}
        >
          Redraw
        </button>
      </div>
      {problem !== undefined && <Notice>{problem}</Notice>}
    </section>
  );
}

function describeLevel(level: number, count: number): string {
  if (count === 1) {
    return 'the only one';
  }
  return level === 0 ? 'finest' : level === count - 1 ? 'coarsest' : 'coarser';
}
