// The sizes of runs before they start: parameters and memory.
import type { TrainingSize } from 'emerging-flows/training';
import { lookUp } from '../../work/connections.ts';
import { useWork, type Work } from '../../work/useWork.ts';
import { threadsFor } from './trainings.ts';
import { createConfig, type ModelSettings, type TrainSettings, trainedShape } from './trainSettings.ts';

/** The sizes of the models. */
export interface Sizes {
  readonly work: Work<readonly TrainingSize[]>;
  /** Whether they fit into memory together; false until known. */
  readonly fit: boolean;
  /** Why they don't fit, as a sentence. */
  readonly problem: string | undefined;
}

/** Computes the sizes whenever the settings change. */
export function useSizes(settings: TrainSettings, models: readonly ModelSettings[]): Sizes {
  const shape = trainedShape(settings);
  const orders = models.map((model) => ({
    config: createConfig(settings, model),
    shape,
    threads: threadsFor(models.length),
  }));
  const work = useWork(
    async (waiting) => {
      const sizes: TrainingSize[] = [];
      for (const order of orders) {
        sizes.push(await lookUp('size', order, waiting));
      }
      return sizes;
    },
    [JSON.stringify(orders.map(({ config, shape: imageShape }) => [config, imageShape]))],
  );
  const sizes = work.progress === undefined && work.problem === undefined ? work.result : undefined;
  const bytes = sizes?.reduce((sum, size) => sum + size.bytes, 0) ?? 0;
  const available = sizes?.[0]?.available ?? 0;
  const fit = sizes?.every((size) => size.fits) === true;
  const problem =
    sizes && !fit
      ? `This needs about ${memoryText(bytes)}, but a page has at most ${memoryText(available)}: reduce width, depth or batch size.`
      : undefined;
  return { work, fit, problem };
}

/** `340 MiB`, `2.1 GiB`. */
export function memoryText(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  return mebibytes < 1000
    ? `${Math.max(1, Math.round(mebibytes))} MiB`
    : `${(mebibytes / 1024).toLocaleString('en', { maximumFractionDigits: 1 })} GiB`;
}
