// The image that is looked into: a sample, one of a file, or a drawing.
import { useEffect, useState } from 'preact/hooks';
import type { OfferedModel } from '../../models.ts';
import { addressOf } from '../../models.ts';
import { compute } from '../../work/compute.ts';
import type { Images } from '../../work/tasks.ts';
import { useWork, type Work } from '../../work/useWork.ts';

/** Where images come from. */
export type Source = 'sample' | 'file' | 'drawing';

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
  readonly sampling: Work<NamedImage>;
  choose(source: Source): void;
  /** Gives an image, or takes it away. */
  give(source: Source, image: NamedImage | undefined): void;
}

/** The temperature of samples: the usual one of the room Draw, so that a seed shows its first image. */
const TEMPERATURE = 0.8;

/** A sample, until something else is given; another model begins with a sample, too. */
export function useImage(model: OfferedModel | undefined, seed: number): ChosenImage {
  const [source, setSource] = useState<Source>('sample');
  const [given, setGiven] = useState<NamedImage>();
  const path = model?.path;
  useEffect(() => {
    setSource('sample');
    setGiven(undefined);
  }, [path]);
  const sampling = useWork(
    model &&
      (async (waiting): Promise<NamedImage> => {
        const drawing = { model: addressOf(model), count: 1, seed, temperature: TEMPERATURE };
        const drawn = await compute('sample', drawing, waiting);
        return { ...drawn, name: `sample of seed ${seed}`, model: model.path };
      }),
    [path, seed],
  );
  const sample = sampling.result?.model === path ? sampling.result : undefined;
  return {
    source,
    image: source === 'sample' ? sample : given?.model === path ? given : undefined,
    shape: sample?.shape,
    sampling,
    choose(next) {
      setSource(next);
      setGiven(undefined);
    },
    give(next, image) {
      setSource(next);
      setGiven(image);
    },
  };
}
