// One image of the sheet, enlarged, with its bits/dim.
import type { Signal } from '@preact/signals';
import { linkTo } from '../../address.ts';
import { modelAddress, type OfferedModel } from '../../models.ts';
import { savePng } from '../../parts/download.ts';
import { Large } from '../../parts/Large.tsx';
import { countImages, Picture, selectImage } from '../../parts/Picture.tsx';
import { Term } from '../../parts/Term.tsx';
import { Working } from '../../parts/Working.tsx';
import { compute } from '../../work/connections.ts';
import type { Images } from '../../work/models.ts';
import { useWork } from '../../work/useWork.ts';
import type { DrawSettings } from './drawSettings.ts';

/** Pixels along one side of a pixel of an enlarged file. */
const ENLARGED = 8;

interface LargeSampleProps {
  readonly sheet: Images & DrawSettings & { readonly model: OfferedModel };
  /** The index of the enlarged image; undefined if none is. */
  readonly opened: Signal<number | undefined>;
  /** What follows its number in the name of its file. */
  readonly nameAfter: string;
  onInterpolate(index: number): void;
}

/** A dialog with the image and its bits/dim, while one is opened. */
export function LargeSample({ opened, ...props }: LargeSampleProps) {
  const index = opened.value;
  return index === undefined ? null : <OpenedSample opened={opened} index={index} {...props} />;
}

function OpenedSample({
  sheet,
  opened,
  index,
  nameAfter,
  onInterpolate,
}: LargeSampleProps & { readonly index: number }) {
  const image = selectImage(sheet, index);
  const count = countImages(sheet);
  const model = modelAddress(sheet.model);
  const saveAs = `sample-${index + 1}-${nameAfter}`;
  const measuring = useWork(
    // Copied, because sending a view would send the whole sheet.
    (waiting) =>
      compute('measure', { model, pixels: image.pixels.slice() }, waiting).then(([bits]) => ({
        index,
        bits: bits!,
      })),
    [sheet, index],
  );
  const close = (): void => {
    opened.value = undefined;
  };
  const interpolate = (): void => {
    onInterpolate(index);
    close();
  };
  const inside = linkTo('inside', {
    model: sheet.model.path,
    image: 'sample',
    seed: String(sheet.seed),
    place: String(index + 1),
    temperature: String(sheet.temperature),
    sampled: sheet.class,
  });
  /** Opens the link in place of the dialog: Back then leads to the sheet. */
  const replaceDialog = (event: MouseEvent): void => {
    if (!event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      location.replace(inside);
    }
  };
  const bits = measuring.result?.index === index ? measuring.result.bits : undefined;
  return (
    <Large
      heading={
        <>
          Image {index + 1} <span class="quiet">of {count}</span>
        </>
      }
      picture={<Picture image={image} label={`Image ${index + 1}, enlarged`} />}
      actions={
        <>
          <button type="button" class="button" onClick={interpolate}>
            Interpolate from here
          </button>
          <a class="button" href={inside} onClick={replaceDialog}>
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
      onMove={(to) => {
        opened.value = to;
      }}
      onClose={close}
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
