// The evaluation on test images at the end of training; Ctrl-C skips it without losing the record of the
// training.
import { evaluate } from '../../evaluation/measure/evaluate.ts';
import type { Lock } from '../../storage/lock.ts';
import type { FlowModel } from '../../trained/model/flowModel.ts';
import { type EvaluationRecord, evaluationRecord } from '../parts/evaluationRecord.ts';
import { createImageProgress } from '../terminal/imageProgress.ts';
import { listenForInterruption } from '../terminal/interruption.ts';
import type { PreparedRun } from './preparedRun.ts';

/** How test images are evaluated. */
const TEST = { draws: 2, seed: 0 };

/** The outcome of the evaluation. */
interface TestOutcome {
  /** What to store; undefined if it was interrupted. */
  readonly test?: EvaluationRecord & { readonly seed: number };
  /** The exit code: that of an interruption, or 0. */
  readonly exitCode: number;
}

/** Evaluates a trained model on the test images of its run, whose lock it renews. */
export async function testAfterTraining(
  model: FlowModel,
  { dataset }: PreparedRun,
  lock: Lock,
): Promise<TestOutcome> {
  const { draws, seed } = TEST;
  const bar = createImageProgress({ label: 'testing', images: dataset.test.count, passes: draws });
  const interruption = listenForInterruption(() => bar.note('stopping the evaluation'));
  const { signal } = interruption;
  try {
    const onProgress = (done: number): void => {
      bar.update(done);
      lock.renew();
    };
    const measured = await evaluate(model, dataset.test, { draws, seed, signal, onProgress });
    const record = evaluationRecord(measured, {
      split: 'test',
      weights: 'average',
      model: model.model.options,
    });
    return { test: { seed, ...record }, exitCode: 0 };
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
