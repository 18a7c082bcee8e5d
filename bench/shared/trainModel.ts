// Trains a small model in memory.
import { createProgress } from '../../src/app/cli/terminal/progress.ts';
import type { Dataset } from '../../src/data/contract/dataset.ts';
import { memoryFiles } from '../../src/data/files/fileStore.ts';
import { FlowModel } from '../../src/model/flowModel.ts';
import { trainedModel } from '../../src/model/trainedModel.ts';
import { startRun } from '../../src/runs/open/run.node.ts';
import type { Config } from '../../src/runs/settings/configSchema.ts';
import { train } from '../../src/training/loop/train.ts';

/** The model of a configuration after training, with its average weights. */
export async function trainModel(
  name: string,
  dataset: Dataset,
  config: Config,
  threads: number,
): Promise<FlowModel> {
  const run = await startRun(config, memoryFiles(name), { dataset });
  const progress = createProgress({ label: name, total: config.training.steps! });
  try {
    const { model, state } = await train({
      ...run,
      threads,
      workers: threads,
      events: { onStep: (step) => progress.update(step) },
    });
    return new FlowModel(trainedModel(model, state, 'average'), { threads });
  } finally {
    progress.finish();
  }
}
