// An image's latents by level, which can be edited.
import type { HeatRange, ImageShape, NdArray } from 'emerging-flows';
import { HeatScale } from '../../parts/HeatScale.tsx';
import { LevelPanel } from './LevelPanel.tsx';
import type { Edits } from './useEdits.ts';

interface LatentsProps {
  readonly latents: readonly NdArray[];
  readonly edits: Edits;
}

/** One range for all levels, which contains almost all latents. */
const range: HeatRange = [-3, 3];

/** The room's section for editing latents. */
export function Latents({ latents, edits }: LatentsProps) {
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
          />
        ))}
      </div>
    </section>
  );
}
