// The chosen image: a sample or digit named in the address, a file, or a drawing.
import { signal } from '@preact/signals';
import type { GivenFile } from 'emerging-flows/data';
import { useEffect, useMemo } from 'preact/hooks';
import type { OfferedModel } from '../../models.ts';
import { addressOf } from '../../models.ts';
import { compute } from '../../work/connections.ts';
import { digitsUrl, takesDigits } from '../../work/digits.ts';
import type { Images } from '../../work/models.ts';
import type { ReadImages } from '../../work/readTasks.ts';
import { useWork, type Work } from '../../work/useWork.ts';
import type { InsideSettings } from './insideSettings.ts';

/** The source of an image. */
export type Source = 'sample' | 'digit' | 'file' | 'drawing';

/** An image and its name. */
interface NamedImage extends Images {
  readonly name: string;
  /** The path of the model it belongs to. */
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
  /** Switches to a file or drawing, given later, or back to the image in the address. */
  choose(source: 'file' | 'drawing' | undefined): void;
  open(files: readonly GivenFile[]): void;
  convert(fit: boolean): void;
  /** Sets or clears the drawing. */
  draw(image: Images | undefined): void;
}

/** What the reader gave, for one model. */
interface Kept {
  readonly path: string | undefined;
  readonly own: 'file' | 'drawing' | undefined;
  readonly files: readonly GivenFile[] | undefined;
  readonly fit: boolean;
  readonly drawing: NamedImage | undefined;
}

const nothing: Kept = { path: undefined, own: undefined, files: undefined, fit: false, drawing: undefined };

/** Outlives the room: returning to it restores it. */
const kept = signal(nothing);

/** The image in the address until a file or drawing is chosen; changing the model discards these. */
export function useImage(model: OfferedModel | undefined, settings: InsideSettings): ChosenImage {
  const { own, files, fit, drawing } = kept.value;
  const path = model?.path;
  const change = (changes: Partial<Kept>): void => {
    kept.value = { ...kept.value, ...changes };
  };
  useEffect(() => {
    if (path !== undefined && path !== kept.value.path) {
      kept.value = { ...nothing, path };
    }
  }, [path]);
  const { seed, place, temperature, sampled, digit } = settings;
  // Always needed, because it provides the shape of the model's images.
  const sampling = useWork(
    model &&
      (async (waiting): Promise<NamedImage> => {
        // All before it too, with classes taking turns.
        const order = { model: addressOf(model), count: place, seed, temperature };
        const { pixels, shape } = await compute('sample', { ...order, class: sampled }, waiting);
        const size = shape[0] * shape[1] * shape[2];
        return {
          pixels: pixels.slice((place - 1) * size),
          shape,
          name: `sample ${place} of seed ${seed}`,
          model: model.path,
        };
      }),
    [path, seed, place, temperature, sampled],
  );
  const sample = sampling.result?.model === path ? sampling.result : undefined;
  const shape = sample?.shape;
  const named = settings.image === 'digit' && shape && takesDigits(shape) ? 'digit' : 'sample';
  const source = own ?? named;
  const fetching = useWork(
    model && source === 'digit'
      ? async (waiting): Promise<NamedImage> => {
          const order = { url: digitsUrl(), split: 'train', from: digit - 1, count: 1 } as const;
          const found = await compute('digits', order, waiting);
          return { ...found, name: `digit ${digit}`, model: model.path };
        }
      : undefined,
    [path, source, digit],
  );
  const reading = useWork(
    model &&
      files &&
      (async (waiting) => {
        const order = { model: addressOf(model), files: files.slice(0, 1), fit };
        return { ...(await compute('read', order, waiting)), model: model.path };
      }),
    [files, fit],
  );
  const read = files && reading.result;
  // Keeps the object's identity, on which other work depends.
  const file = useMemo(() => {
    const name = read?.names[0];
    return name === undefined ? undefined : { ...read!, name };
  }, [read]);
  const found = { sample, digit: fetching.result, file, drawing }[source];
  return {
    source,
    image: found?.model === path ? found : undefined,
    shape,
    files,
    read,
    fit,
    work: { sample: sampling, digit: fetching, file: reading, drawing: sampling }[source],
    choose: (source) => change({ own: source, files: undefined, drawing: undefined }),
    open: (given) => change({ own: 'file', files: given }),
    convert: (converted) => change({ fit: converted }),
    draw: (drawn) =>
      change({
        drawing: drawn && path !== undefined ? { ...drawn, name: 'drawing', model: path } : undefined,
      }),
  };
}
