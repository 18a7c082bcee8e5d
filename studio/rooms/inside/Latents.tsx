// The latents of an image, level by level, and the image that they decode to.
import type { HeatRange, ImageShape, NdArray } from 'emerging-flows';
import { HeatScale } from '../../parts/HeatScale.tsx';
import { Notice } from '../../parts/Notice.tsx';
import { Picture } from '../../parts/Picture.tsx';
import type { Decoded } from '../../work/insideTasks.ts';
import type { Images } from '../../work/tasks.ts';
import { LevelPanel } from './LevelPanel.tsx';
import type { Edits } from './useEdits.ts';

interface LatentsProps {
  readonly image: Images & { readonly name: string };
  readonly decoded: Decoded | undefined;
  readonly problem: string | undefined;
  readonly latents: readonly NdArray[];
  readonly edits: Edits;
}

/** Almost all latents are within; one range for all levels, so that they can be compared. */
const range: HeatRange = [-3, 3];

/** The part of the room in which latents are moved. */
export function Latents({ image, decoded, problem, latents, edits }: LatentsProps) {
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
        Under the model, latents are independent noise around zero. Move one, erase a level, so that each of
        its latents is what the levels above expect, or redraw it: other details for the same rest.
      </p>
      <div class="inside-latents">
        <div class="inside-images framed">
          <figure>
            <Picture image={image} label="The image" />
            <figcaption>
              The image: <bdi>{image.name}</bdi>
            </figcaption>
          </figure>
          <figure>
            {decoded ? (
              <Picture image={decoded} label="The image of the latents" />
            ) : (
              <div class="inside-blank" aria-hidden="true" />
            )}
            <figcaption>
              {edits.isChanged ? 'Decoded from the changed latents' : 'Decoded from the latents'}
            </figcaption>
          </figure>
          {decoded && !decoded.finite && (
            <p class="control-note" role="status">
              Its values are not finite, so it is black: bring the latents closer to zero.
            </p>
          )}
          {problem !== undefined && <Notice>{problem}</Notice>}
          <HeatScale range={range} unit="value of a latent" digits={0} />
        </div>
        <div class="inside-levels">
          {latents.map(({ shape }, level) => (
            <LevelPanel
              // A level stays one when its latents change.
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
