// The chosen image: a sample or digit named in the address, a file, or a drawing.
import { signal } from '@preact/signals';
import type { GivenFile } from 'emerging-flows/data';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { changeSettings } from '../../address.ts';
import { modelAddress, modelKey, type OfferedModel } from '../../models.ts';
import { unpackBytes } from '../../share/pack.ts';
import { compute } from '../../work/connections.ts';
import { digitsUrl, takesDigits } from '../../work/digits.ts';
import type { Images } from '../../work/models.ts';
import type { ReadImages } from '../../work/readTasks.ts';
import { useWork, type Work } from '../../work/useWork.ts';
import type { InsideSettings } from './insideSettings.ts';

/** The source of an image. */
export type Source = InsideSettings['image'];

/** An image and its name. */
interface NamedImage extends Images {
  readonly name: string;
  /** The key of the model it belongs to. */
  readonly model: string;
}

/** The image, and functions that change it. */
export interface ChosenImage {
  readonly source: Source;
  readonly image: NamedImage | undefined;
  /** The shape of the model's images, once it is known. */
  readonly shape: Images['shape'] | undefined;
  /** The given files, and the image in the first. */
  readonly files: readonly GivenFile[] | undefined;
  readonly read: ReadImages | undefined;
  /** Whether to convert files of another size or with other channels. */
  readonly fit: boolean;
  /** The work that provides the image. */
  readonly work: Work<unknown>;
  choose(source: Source): void;
  open(files: readonly GivenFile[]): void;
  convert(fit: boolean): void;
  /** Whether the drawing in the address can't be read. */
  readonly isDamaged: boolean;
  /** Sets or clears the drawing. */
  draw(image: Images | undefined): void;
}

/** Files and drawings, kept after the room is closed, so that returning to it restores them. */
const keptFiles = signal<readonly GivenFile[] | undefined>(undefined);
const keptFit = signal(false);
const keptDrawing = signal<Images | undefined>(undefined);

/** The image that the address names: of files and drawings, it names only the source. */
export function useImage(model: OfferedModel | undefined, settings: InsideSettings): ChosenImage {
  const [files, fit] = [keptFiles.value, keptFit.value];
  const key = model && modelKey(model);
  const { seed, place: sampleNumber, temperature, sampled, digit, drawing: shared } = settings;
  // Always needed, because it provides the shape of the model's images.
  const sampling = useWork(
    model &&
      (async (waiting): Promise<NamedImage> => {
        // All before it too, with classes taking turns.
        const order = { model: modelAddress(model), count: sampleNumber, seed, temperature };
        const { pixels, shape } = await compute('sample', { ...order, class: sampled }, waiting);
        const size = shape[0] * shape[1] * shape[2];
        return {
          pixels: pixels.slice((sampleNumber - 1) * size),
          shape,
          name: `sample ${sampleNumber} of seed ${seed}`,
          model: modelKey(model),
        };
      }),
    [key, seed, sampleNumber, temperature, sampled],
  );
  const sample = sampling.result?.model === key ? sampling.result : undefined;
  const shape = sample?.shape;
  const [damaged, setDamaged] = useState('');
  // A drawing in the address stays there until the reader draws another, or chooses another image.
  useEffect(() => {
    if (settings.image === 'drawing' && shape && shared !== '') {
      unpackBytes(shared, shape[0] * shape[1] * shape[2]).then((pixels) => {
        if (pixels?.length === shape[0] * shape[1] * shape[2]) {
          keptDrawing.value = { pixels, shape };
        } else {
          setDamaged(shared);
        }
      });
    }
  }, [settings.image, shared, shape?.join()]);
  /** Without the drawing in the address. */
  const choose = (image: Source): void => changeSettings({ image, ...(shared !== '' && { drawing: '' }) });
  const source = settings.image === 'digit' && !(shape && takesDigits(shape)) ? 'sample' : settings.image;
  const fetching = useWork(
    model && source === 'digit'
      ? async (waiting): Promise<NamedImage> => {
          const order = { url: digitsUrl(), split: 'train', from: digit - 1, count: 1 } as const;
          const digits = await compute('digits', order, waiting);
          return { ...digits, name: `digit ${digit}`, model: modelKey(model) };
        }
      : undefined,
    [key, source, digit],
  );
  const reading = useWork(
    model && files && source === 'file'
      ? async (waiting) => {
          const order = { model: modelAddress(model), files: files.slice(0, 1), fit };
          return { ...(await compute('read', order, waiting)), model: modelKey(model) };
        }
      : undefined,
    [key, files, source, fit],
  );
  const read = reading.result;
  // Keeps the objects' identities, on which other work depends.
  const file = useMemo(() => {
    const name = read?.names[0];
    return name === undefined ? undefined : { ...read!, name };
  }, [read]);
  const drawn = keptDrawing.value;
  const drawing = useMemo(
    () =>
      drawn && key !== undefined && drawn.shape.join() === shape?.join()
        ? { ...drawn, name: 'drawing', model: key }
        : undefined,
    [drawn, key, shape?.join()],
  );
  const candidate = { sample, digit: fetching.result, file, drawing }[source];
  return {
    source,
    image: candidate?.model === key ? candidate : undefined,
    shape,
    files,
    read,
    isDamaged: damaged !== '' && damaged === shared,
    fit,
    work: { sample: sampling, digit: fetching, file: reading, drawing: sampling }[source],
    choose,
    open(opened) {
      choose('file');
      keptFiles.value = opened;
    },
    convert(converted) {
      keptFit.value = converted;
    },
    draw(image) {
      choose('drawing');
      keptDrawing.value = image;
    },
  };
}
