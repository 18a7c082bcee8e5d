// The measurements at the end of training: test images, and the statistics of validation images for scores. Ctrl-C skips
// them without losing the record of the training.
import { evaluate } from '../../evaluation/measure/evaluate.ts';
import { storeRunReference } from '../../evaluation/odd/runReference.ts';
import type { Lock } from '../../storage/lock.ts';
import type { FlowModel } from '../../trained/model/flowModel.ts';
import type { WorkOptions } from '../../trained/model/workOptions.ts';
import { type EvaluationRecord, evaluationRecord } from '../parts/evaluationRecord.ts';
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

/** Evaluates a trained model on the test images of its run, whose lock it renews. */
export function testAfterTraining(
  model: FlowModel,
  { dataset: { test } }: PreparedRun,
  lock: Lock,
): Promise<Outcome<EvaluationRecord & { readonly seed: number }>> {
  return measured({ label: 'testing', images: test.count, lock }, async (following) => {
    const evaluation = await evaluate(model, test, { ...TEST, ...following });
    const about = { split: 'test', weights: 'average', model: model.model.options } as const;
    return { seed: TEST.seed, ...evaluationRecord(evaluation, about) };
  });
}

/** Stores the statistics of the validation images in the run, whose lock it renews. */
export function referenceAfterTraining(
  model: FlowModel,
  run: PreparedRun,
  lock: Lock,
): Promise<Outcome<void>> {
  const images = run.dataset.validation.count;
  return measured({ label: 'validation', images, lock }, (following) =>
    storeRunReference(model, run, following),
  );
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
