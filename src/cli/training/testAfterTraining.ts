// The measurements at the end of training: test images, and the statistics of validation images for scores. Ctrl-C skips
// them without losing the record of the training.
import { storeRunReference } from '../../evaluation/odd/runReference.ts';
import { isOnOwnData } from '../../experiments/experimentName.ts';
import { type Preset, presets } from '../../experiments/presets.ts';
import type { Lock } from '../../storage/lock.ts';
import type { FlowModel } from '../../trained/model/flowModel.ts';
import type { WorkOptions } from '../../trained/model/workOptions.ts';
import { type EvaluationRecord, evaluateSpread, evaluationRecord } from '../parts/evaluationRecord.ts';
import { createImageProgress } from '../terminal/imageProgress.ts';
import { listenForInterruption } from '../terminal/interruption.ts';
import type { PreparedRun } from './preparedRun.ts';

/** How test images are evaluated. */
const TEST = { draws: 2, seed: 0 };

/** The outcome of a measurement. */
interface Outcome<Result> {
  /** The result; undefined if it was interrupted. */
  readonly result?: Result;
  /** The exit code: that of an interruption, or 0. */
  readonly exitCode: number;
}

/** Evaluates a trained model on the test images of its run, on as many as its preset measures; renews the lock of the run. */
export function testAfterTraining(
  model: FlowModel,
  run: PreparedRun,
  lock: Lock,
): Promise<Outcome<EvaluationRecord & { readonly seed: number }>> {
  const { test } = run.dataset;
  const count = Math.min(measuredBy(run)?.test ?? test.count, test.count);
  return measured({ label: 'testing', images: count, lock }, async (following) => {
    const evaluation = await evaluateSpread(model, test, count, { ...TEST, ...following });
    const about = { split: 'test', weights: 'average', model: model.model.options } as const;
    return { seed: TEST.seed, ...evaluationRecord(evaluation, about) };
  });
}

/** How many images the preset of a run measures, unless the run is on other images. */
function measuredBy({ preset, config }: PreparedRun): Preset['measured'] {
  return isOnOwnData(preset, config) ? presets.find(({ name }) => name === preset)?.measured : undefined;
}

/** Stores the statistics of validation images in the run, whose lock it renews. */
export function referenceAfterTraining(
  model: FlowModel,
  run: PreparedRun,
  lock: Lock,
): Promise<Outcome<void>> {
  const { count } = run.dataset.validation;
  const images = measuredBy(run)?.reference;
  const measuring = { label: 'validation', images: Math.min(images ?? count, count), lock };
  return measured(measuring, (following) => storeRunReference(model, run, { ...following, images }));
}

async function measured<Result>(
  { label, images, lock }: { readonly label: string; readonly images: number; readonly lock: Lock },
  measure: (following: Required<WorkOptions>) => Promise<Result>,
): Promise<Outcome<Result>> {
  const bar = createImageProgress({ label, images, passes: 1 });
  const interruption = listenForInterruption(() => bar.note('stopping the evaluation'));
  const { signal } = interruption;
  try {
    const onProgress = (done: number, of: number): void => {
      bar.update((images * done) / of);
      lock.renew();
    };
    return { result: await measure({ signal, onProgress }), exitCode: 0 };
  } catch (error) {
    if (signal.aborted && error === signal.reason) {
      return { exitCode: interruption.exitCode() };
    }
    throw error;
  } finally {
    bar.finish();
    interruption.release();
  }
}
