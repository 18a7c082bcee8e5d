// The image that is looked into: a sample or a digit, which the address names, one of a file, or a drawing.
import type { GivenFile } from 'emerging-flows/data';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { OfferedModel } from '../../models.ts';
import { addressOf } from '../../models.ts';
import { compute } from '../../work/compute.ts';
import { digitsUrl, takesDigits } from '../../work/digits.ts';
import type { ReadImages } from '../../work/readTasks.ts';
import type { Images } from '../../work/tasks.ts';
import { useWork, type Work } from '../../work/useWork.ts';
import type { InsideSettings } from './insideSettings.ts';

/** Where images come from. */
export type Source = 'sample' | 'digit' | 'file' | 'drawing';

/** An image, and what it is called. */
interface NamedImage extends Images {
  readonly name: string;
  /** The path of the model that it was made for. */
  readonly model: string;
}

/** The image, and the ways to another. */
export interface ChosenImage {
  readonly source: Source;
  readonly image: NamedImage | undefined;
  /** The shape of the model's images, once it is known. */
  readonly shape: Images['shape'] | undefined;
  /** The files that were given, and what was found in the first. */
  readonly files: readonly GivenFile[] | undefined;
  readonly read: ReadImages | undefined;
  /** Whether files of another form are converted. */
  readonly fit: boolean;
  /** What is being done to have the image. */
  readonly work: Work<unknown>;
  /** Chooses a file or a drawing that is to come, or what the address names. */
  choose(source: 'file' | 'drawing' | undefined): void;
  open(files: readonly GivenFile[]): void;
  convert(fit: boolean): void;
  /** Gives a drawing, or takes it away. */
  draw(image: Images | undefined): void;
}

/** The temperature of samples: the usual one of the room Draw, so that a seed shows its first image. */
const TEMPERATURE = 0.8;

/** What the address names, until a file or a drawing is chosen; another model begins with the former, too. */
export function useImage(model: OfferedModel | undefined, settings: InsideSettings): ChosenImage {
  const [own, setOwn] = useState<'file' | 'drawing'>();
  const [files, setFiles] = useState<readonly GivenFile[]>();
  const [fit, setFit] = useState(false);
  const [drawing, setDrawing] = useState<NamedImage>();
  const path = model?.path;
  const choose = (source: typeof own): void => {
    setOwn(source);
    setFiles(undefined);
    setDrawing(undefined);
  };
  useEffect(() => choose(undefined), [path]);
  const { seed, digit } = settings;
  // It also tells the shape of the model's images.
  const sampling = useWork(
    model &&
      (async (waiting): Promise<NamedImage> => {
        const order = { model: addressOf(model), count: 1, seed, temperature: TEMPERATURE };
        const drawn = await compute('sample', order, waiting);
        return { ...drawn, name: `sample of seed ${seed}`, model: model.path };
      }),
    [path, seed],
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
          return { ...found, name: `digit no. ${digit}`, model: model.path };
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
  // An image stays the same one while it is looked into.
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
    choose,
    open(given) {
      setOwn('file');
      setFiles(given);
    },
    convert: setFit,
    draw: (drawn) =>
      setDrawing(drawn && path !== undefined ? { ...drawn, name: 'drawing', model: path } : undefined),
  };
}
