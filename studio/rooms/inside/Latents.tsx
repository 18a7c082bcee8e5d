// An image's latents by level, and the image decoded from them.
import type { HeatRange, ImageShape, NdArray } from 'emerging-flows';
import { HeatScale } from '../../parts/HeatScale.tsx';
import { Notice } from '../../parts/Notice.tsx';
import { Picture } from '../../parts/Picture.tsx';
import type { Decoded } from '../../work/insideTasks.ts';
import type { Images } from '../../work/tasks.ts';
import { LevelPanel } from './LevelPanel.tsx';
import { bitsWords } from './runningWords.ts';
import type { Edits } from './useEdits.ts';

interface LatentsProps {
  readonly image: Images & { readonly name: string };
  readonly decoded: Decoded | undefined;
  /** bits/dim of both, once they are measured. */
  readonly bits: { readonly image: number | undefined; readonly decoded: number | undefined };
  readonly problem: string | undefined;
  readonly latents: readonly NdArray[];
  readonly edits: Edits;
}

/** One range for all levels, which contains almost all latents. */
const range: HeatRange = [-3, 3];

/** The room's section for editing latents. */
export function Latents({ image, decoded, bits, problem, latents, edits }: LatentsProps) {
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
        Under the model, latents are independent noise around zero. Edit one, erase a level (its latents
        become what the coarser levels predict), or redraw it: new details, same structure.
      </p>
      <div class="inside-latents">
        <div class="inside-images framed">
          <figure>
            <Picture image={image} label="Original image" />
            <figcaption>
              Image: <bdi>{image.name}</bdi>
              <Bits bits={bits.image} name="image" />
            </figcaption>
          </figure>
          <figure>
            {decoded ? (
              <Picture image={decoded} label="Decoded image" />
            ) : (
              <div class="inside-blank" aria-hidden="true" />
            )}
            <figcaption>
              {edits.isChanged ? 'Decoded from the edited latents' : 'Decoded from the latents'}
              <Bits bits={bits.decoded} name="decoded" />
            </figcaption>
          </figure>
          {decoded && !decoded.finite && (
            <p class="control-note" role="status">
              The values overflowed (black): move the latents closer to zero.
            </p>
          )}
          {problem !== undefined && <Notice>{problem}</Notice>}
          <HeatScale range={range} unit="latent value" digits={0} />
        </div>
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
      </div>
    </section>
  );
}

/** bits/dim, in a line of its own; empty until measured, so that nothing moves. */
function Bits({ bits, name }: { bits: number | undefined; name: string }) {
  return (
    <span class="inside-bits" data-testid={`bits-${name}`}>
      {bits !== undefined && bitsWords(bits)}
    </span>
  );
}
