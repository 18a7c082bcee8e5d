// The script of a worker started by `thread.web.ts`: it answers with the results of `gradientThread.ts`.
import { configureRuntime } from '../../engine/runtime.web.ts';
import { UserError } from '../../errors.ts';
import type { Groups } from '../../models/parameterLayout.ts';
import { copyInto } from './gradientSum.ts';
import { type GradientThread, openGradientThread } from './gradientThread.ts';
import { areShared, type WorkerMessage, type WorkerRequest, type WorkerStart } from './thread.web.ts';

/** What is used of the global scope of a worker. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<WorkerStart | WorkerRequest>) => void) | null;
  postMessage(message: WorkerMessage): void;
}

/** Makes this worker compute gradients for the page that has started it. */
export function serveGradients(scope: WorkerScope): void {
  let work: GradientThread | undefined;
  let weights: Groups = {};
  let gradients: Groups = {};
  const answer = async (request: WorkerStart | WorkerRequest): Promise<void> => {
    if (request === 'end') {
      await work?.release();
      scope.postMessage('ended');
    } else if (typeof request !== 'object' || request === null) {
      throw new Error('it received an unexpected message');
    } else if ('runtime' in request) {
      configureRuntime(request.runtime);
      ({ weights, gradients } = request);
      work = await openGradientThread(request);
      scope.postMessage('ready');
    } else if (work === undefined) {
      throw new Error('it received a request before its initial data');
    } else {
      const { weights: sent, ...batch } = request;
      if (sent) {
        copyInto(weights, sent);
      }
      const bitsPerDim = await work.run(batch);
      scope.postMessage({ answer: { bitsPerDim, ...(!areShared(gradients) && { gradients }) } });
    }
  };
  scope.onmessage = ({ data }) => {
    answer(data).catch((error: unknown) => {
      scope.postMessage({
        failure: error instanceof Error ? error.message : String(error),
        ...(error instanceof UserError && { code: error.code }),
      });
    });
  };
}
