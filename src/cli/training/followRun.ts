// How other ranks train the run that rank 0 has opened.
import type { Ranks } from '../../cluster/ranks.ts';
import { identityOfDataset } from '../../data/identity.ts';
import type { CompileOptions } from '../../engine/program.ts';
import type { Config } from '../../experiments/configSchema.ts';
import { train } from '../../training/loop/train.ts';
import { followerStore } from '../../training/ranks/followerStore.ts';
import type { StepOptions } from '../parts/options.ts';
import { requireSameInputs } from '../ranks/sameInputs.ts';
import { listenForInterruption } from '../terminal/interruption.ts';
import { openRunImages, type RunImages } from './preparedRun.ts';

/** What rank 0 tells the others of the run. */
export interface Assignment {
  readonly config: Config;
  /** The run's name in messages. */
  readonly name: string;
  readonly images: RunImages;
}

/** Trains the run of rank 0 on another rank: silently, and without writing anything. */
export async function followRun(
  ranks: Ranks,
  { config, name, images }: Assignment,
  { stopAt, activations, workers }: StepOptions & { readonly stopAt?: number },
  engine: CompileOptions,
): Promise<void> {
  const { dataset } = await requireSameInputs(ranks, async () => {
    const opened = await openRunImages(config, images);
    return { dataset: opened, checksums: { images: JSON.stringify(await identityOfDataset(opened)) } };
  });
  const interruption = listenForInterruption(() => {}, { ranks: true });
  try {
    const store = followerStore(name, config);
    const { signal } = interruption;
    await train({ ...engine, config, dataset, store, stopAt, activations, workers, signal, ranks });
  } finally {
    interruption.release();
  }
}
