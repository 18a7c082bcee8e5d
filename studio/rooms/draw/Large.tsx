// One image of the sheet, large, with what the model thinks of it.
import { useEffect, useRef } from 'preact/hooks';
import { countOf, imageOf, Picture } from '../../parts/Picture.tsx';
import { savePng } from '../../parts/savePng.ts';
import { Working } from '../../parts/Working.tsx';
import { compute } from '../../work/compute.ts';
import type { ModelAddress } from '../../work/models.ts';
import type { Images } from '../../work/tasks.ts';
import { useWork } from '../../work/useWork.ts';

interface LargeProps {
  readonly sheet: Images;
  readonly index: number;
  readonly model: ModelAddress;
  /** The name of the file, without its ending. */
  readonly saveAs: string;
  onMove(index: number): void;
  onWalk(): void;
  onClose(): void;
}

/** A dialog with the image; the arrow keys lead to its neighbours. */
export function Large({ sheet, index, model, saveAs, onMove, onWalk, onClose }: LargeProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const image = imageOf(sheet, index);
  const count = countOf(sheet);
  const measuring = useWork(
    // A copy: what is sent takes the whole sheet along otherwise.
    (waiting) =>
      compute('measure', { model, pixels: image.pixels.slice() }, waiting).then(([bits]) => ({
        index,
        bits: bits!,
      })),
    [sheet, index],
  );
  const bits = measuring.result?.index === index ? measuring.result.bits : undefined;
  const move = (by: number): void => {
    if (index + by >= 0 && index + by < count) {
      onMove(index + by);
    }
  };
  return (
    <dialog
      ref={dialog}
      class="large"
      aria-label={`Image ${index + 1} of ${count}`}
      onClose={onClose}
      onKeyDown={({ key }) => move(key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0)}
      onClick={({ target }) => target === dialog.current && dialog.current?.close()}
    >
      <div class="large-inside">
        <div class="large-head">
          <h2>
            Image {index + 1} <span class="quiet">of {count}</span>
          </h2>
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </div>
        <div class="large-picture">
          <Picture image={image} label={`Image ${index + 1}, large`} />
        </div>
        <div class="large-facts" aria-live="polite">
          {bits === undefined ? (
            <Working work={measuring} />
          ) : (
            <p>
              <strong>
                <span data-testid="bits">{bits.toFixed(4)}</span> bits/dim
              </strong>
              <span class="quiet">
                The bits that the model needs for each value of this image: fewer means more likely.
              </span>
            </p>
          )}
        </div>
        <div class="large-actions">
          <button type="button" class="button" disabled={index === 0} onClick={() => move(-1)}>
            Previous
          </button>
          <button type="button" class="button" disabled={index === count - 1} onClick={() => move(1)}>
            Next
          </button>
          <button type="button" class="button" onClick={onWalk}>
            Walk from here
          </button>
          <button type="button" class="button" onClick={() => savePng(image, saveAs)}>
            Save image
          </button>
        </div>
      </div>
    </dialog>
  );
}
