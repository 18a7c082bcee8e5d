// `emerging-flows/worker`: the script of a worker of a page, which computes gradients for a training, or codes blocks of images.
import type { CoderStart } from '../codec/coders.web.ts';
import type { CoderScope } from '../codec/codersInWorker.web.ts';
import { serveGradients } from '../training/gradients/threadMain.web.ts';

const scope = globalThis as unknown as Parameters<typeof serveGradients>[0];

/** The first message determines the kind of work. */
scope.onmessage = (first: MessageEvent): void => {
  if (isCoderStart(first.data)) {
    serveCoding(first.data).catch((error: unknown) => {
      // Thrown outside the promise, so that the page receives an error event.
      setTimeout(() => {
        throw error;
      });
    });
  } else {
    serveGradients(scope);
    scope.onmessage?.(first);
  }
};

function isCoderStart(data: unknown): data is CoderStart {
  return typeof data === 'object' && data !== null && 'coderOf' in data;
}

/** Requests may arrive before the code that answers them is loaded. */
async function serveCoding(start: CoderStart): Promise<void> {
  const early: MessageEvent[] = [];
  scope.onmessage = (event) => void early.push(event);
  const { serveCoding: serve } = await import('../codec/codersInWorker.web.ts');
  const coding = scope as unknown as CoderScope;
  serve(coding, start);
  for (const event of early) {
    coding.onmessage?.(event);
  }
}
