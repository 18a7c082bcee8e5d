// One image of the sheet, large, with what the model thinks of it.
import { Large } from '../../parts/Large.tsx';
import { countOf, imageOf, Picture } from '../../parts/Picture.tsx';
import { savePng } from '../../parts/savePng.ts';
import { Working } from '../../parts/Working.tsx';
import { compute } from '../../work/compute.ts';
import type { ModelAddress } from '../../work/models.ts';
import type { Images } from '../../work/tasks.ts';
import { useWork } from '../../work/useWork.ts';

interface LargeSampleProps {
  readonly sheet: Images;
  readonly index: number;
  readonly model: ModelAddress;
  /** The name of the file, without its ending. */
  readonly saveAs: string;
  onMove(index: number): void;
  onWalk(): void;
  onClose(): void;
}

/** A dialog with the image and its bits/dim. */
export function LargeSample({ sheet, index, model, saveAs, onMove, onWalk, onClose }: LargeSampleProps) {
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
  return (
    <Large
      label={`Image ${index + 1} of ${count}`}
      heading={
        <>
          Image {index + 1} <span class="quiet">of {count}</span>
        </>
      }
      picture={<Picture image={image} label={`Image ${index + 1}, large`} />}
      actions={
        <>
          <button type="button" class="button" onClick={onWalk}>
            Walk from here
          </button>
          <button type="button" class="button" onClick={() => savePng(image, saveAs)}>
            Save image
          </button>
        </>
      }
      index={index}
      count={count}
      onMove={onMove}
      onClose={onClose}
    >
      {bits === undefined ? (
        <Working work={measuring} />
      ) : (
        <p>
          <strong class="figure">
            <span data-testid="bits">{bits.toFixed(4)}</span> bits/dim
          </strong>
          <span class="quiet">
            The bits that the model needs for each value of this image: fewer means more likely.
          </span>
        </p>
      )}
    </Large>
  );
}
