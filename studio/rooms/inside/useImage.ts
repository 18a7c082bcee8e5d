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
export type Source = 'sample' | 'digit' | 'file' | 'drawing';

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
  /** Switches to a file or drawing, given later, or back to the image in the address. */
  choose(source: 'file' | 'drawing' | undefined): void;
  open(files: readonly GivenFile[]): void;
  convert(fit: boolean): void;
  /** Whether the drawing in the address can't be read. */
  readonly isDamaged: boolean;
  /** Sets or clears the drawing. */
  draw(image: Images | undefined): void;
}

/** What the reader gave, for one model. */
interface Kept {
  readonly model: string | undefined;
  /** The path of the model, which later checkpoints share. */
  readonly path: string | undefined;
  readonly own: 'file' | 'drawing' | undefined;
  readonly files: readonly GivenFile[] | undefined;
  readonly fit: boolean;
  readonly drawing: NamedImage | undefined;
}

const nothing: Kept = {
  model: undefined,
  path: undefined,
  own: undefined,
  files: undefined,
  fit: false,
  drawing: undefined,
};

/** Outlives the room: returning to it restores it. */
const keptChoice = signal(nothing);

/** The image in the address until a file or drawing is chosen; changing the model discards these. */
export function useImage(model: OfferedModel | undefined, settings: InsideSettings): ChosenImage {
  const { own: chosenSource, files, fit, drawing } = keptChoice.value;
  const path = model?.path;
  const key = model && modelKey(model);
  const change = (changes: Partial<Kept>): void => {
    keptChoice.value = { ...keptChoice.value, ...changes };
  };
  useEffect(() => {
    const kept = keptChoice.value;
    if (key === undefined || key === kept.model) {
      return;
    }
    keptChoice.value =
      kept.path === path
        ? { ...kept, model: key, drawing: kept.drawing && { ...kept.drawing, model: key } }
        : { ...nothing, model: key, path };
  }, [key]);
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
    if (settings.image === 'drawing' && shape && key !== undefined && shared !== '') {
      unpackBytes(shared, shape[0] * shape[1] * shape[2]).then((pixels) => {
        if (pixels?.length === shape[0] * shape[1] * shape[2]) {
          change({ own: 'drawing', drawing: { pixels, shape, name: 'drawing', model: key } });
        } else {
          setDamaged(shared);
        }
      });
    }
  }, [settings.image, shared, key, shape?.join()]);
  const forget = (): void => {
    if (shared !== '') {
      changeSettings({ drawing: '' });
    }
  };
  const named = settings.image === 'digit' && !(shape && takesDigits(shape)) ? 'sample' : settings.image;
  const source = chosenSource ?? named;
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
    model &&
      files &&
      (async (waiting) => {
        const order = { model: modelAddress(model), files: files.slice(0, 1), fit };
        return { ...(await compute('read', order, waiting)), model: modelKey(model) };
      }),
    [key, files, fit],
  );
  const read = files && reading.result;
  // Keeps the object's identity, on which other work depends.
  const file = useMemo(() => {
    const name = read?.names[0];
    return name === undefined ? undefined : { ...read!, name };
  }, [read]);
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
    choose: (source) => {
      forget();
      change({ own: source, files: undefined, drawing: undefined });
    },
    open: (folder) => {
      forget();
      change({ own: 'file', files: folder });
    },
    convert: (converted) => change({ fit: converted }),
    draw: (drawn) => {
      forget();
      change({
        drawing: drawn && key !== undefined ? { ...drawn, name: 'drawing', model: key } : undefined,
      });
    },
  };
}
