// One image of the sheet, enlarged, with its bits/dim.
import { savePng } from '../../parts/download.ts';
import { Large } from '../../parts/Large.tsx';
import { countImages, Picture, selectImage } from '../../parts/Picture.tsx';
import { Term } from '../../parts/Term.tsx';
import { Working } from '../../parts/Working.tsx';
import { compute } from '../../work/connections.ts';
import type { Images, ModelAddress } from '../../work/models.ts';
import { useWork } from '../../work/useWork.ts';

/** Pixels along one side of a pixel of an enlarged file. */
const ENLARGED = 8;

interface LargeSampleProps {
  readonly sheet: Images;
  readonly index: number;
  /** The link to the room Inside with this image. */
  readonly inside: string;
  readonly model: ModelAddress;
  /** The file's name without its extension. */
  readonly saveAs: string;
  onMove(index: number): void;
  onInterpolate(): void;
  onClose(): void;
}

/** A dialog with the image and its bits/dim. */
export function LargeSample({
  sheet,
  index,
  inside,
  model,
  saveAs,
  onMove,
  onInterpolate,
  onClose,
}: LargeSampleProps) {
  const image = selectImage(sheet, index);
  const count = countImages(sheet);
  const measuring = useWork(
    // Copied, because sending a view would send the whole sheet.
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
      picture={<Picture image={image} label={`Image ${index + 1}, enlarged`} />}
      actions={
        <>
          <button type="button" class="button" onClick={onInterpolate}>
            Interpolate from here
          </button>
          <a class="button" href={inside}>
            Look inside
          </a>
          <button type="button" class="button" onClick={() => savePng(image, saveAs, { scale: 1 })}>
            Save image
          </button>
          <button
            type="button"
            class="button"
            onClick={() => savePng(image, `${saveAs}-enlarged`, { scale: ENLARGED })}
          >
            Save enlarged
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
            <span data-testid="bits">{bits.toFixed(4)}</span> <Term of="bitsdim">bits/dim</Term>
          </strong>
          <span class="quiet">Bits per value of this image: fewer means more likely.</span>
        </p>
      )}
    </Large>
  );
}
