// The memory of a page and of the workers that it has started, after garbage collection.
import type { CDPSession, Page } from 'playwright-core';

/** The bytes of a page and its workers. */
export interface PageMemory {
  /** Of all JavaScript heaps, with the elements of the page and the contents of arrays. */
  readonly heap: number;
  /** Of all WebAssembly memories that its workers have created. */
  readonly webAssembly: number;
}

/** Sends a command to the page, or to one of its workers. */
type Send = (method: string, parameters?: object) => Promise<unknown>;

/** Keeps the WebAssembly memories of a thread that has not begun; run in it. */
const keepMemories = `
  globalThis.memories = new Set();
  WebAssembly.Memory = class extends WebAssembly.Memory {
    constructor(size) {
      super(size);
      memories.add(new WeakRef(this));
    }
  };`;
const sumOfMemories = `
  [...memories].reduce((sum, memory) => sum + (memory.deref()?.buffer.byteLength ?? 0), 0)`;

/** Returns what measures the memory of a page in Chromium, which has not started its workers yet. */
export async function pageMemory(page: Page): Promise<() => Promise<PageMemory>> {
  const session = await page.context().newCDPSession(page);
  const workers = new Map<string, Send>();
  session.on('Target.attachedToTarget', async ({ sessionId, targetInfo }) => {
    const send = sendTo(session, sessionId);
    if (targetInfo.type === 'worker') {
      await send('Runtime.evaluate', { expression: keepMemories });
      workers.set(sessionId, send);
    }
    await send('Runtime.runIfWaitingForDebugger');
  });
  session.on('Target.detachedFromTarget', ({ sessionId }) => void workers.delete(sessionId));
  await session.send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: true,
    flatten: false,
  });
  return async () => {
    /** A worker may end meanwhile: then it has no memory. */
    const ofWorkers = (bytesOf: (send: Send) => Promise<number>): Promise<number>[] =>
      [...workers].map(([id, send]) =>
        bytesOf(send).catch((error: unknown) => {
          if (workers.has(id)) {
            throw error;
          }
          return 0;
        }),
      );
    const heaps = await Promise.all([heapOf(session.send.bind(session) as Send), ...ofWorkers(heapOf)]);
    const memories = await Promise.all(ofWorkers(memoryOf));
    const sum = (bytes: readonly number[]): number => bytes.reduce((all, one) => all + one, 0);
    return { heap: sum(heaps), webAssembly: sum(memories) };
  };
}

/** Commands to a worker are messages within messages. */
function sendTo(session: CDPSession, sessionId: string): Send {
  let count = 0;
  return (method, params = {}) =>
    new Promise((resolve, reject) => {
      const id = ++count;
      const onMessage = (event: { sessionId: string; message: string }): void => {
        const answer = JSON.parse(event.message);
        if (event.sessionId === sessionId && answer.id === id) {
          session.off('Target.receivedMessageFromTarget', onMessage);
          if (answer.error) {
            reject(new Error(`${method}: ${answer.error.message}`));
          } else {
            resolve(answer.result);
          }
        }
      };
      session.on('Target.receivedMessageFromTarget', onMessage);
      const message = JSON.stringify({ id, method, params });
      session.send('Target.sendMessageToTarget', { sessionId, message }).catch(reject);
    });
}

async function heapOf(send: Send): Promise<number> {
  await send('HeapProfiler.collectGarbage');
  const { usedSize, embedderHeapUsedSize, backingStorageSize } = (await send(
    'Runtime.getHeapUsage',
  )) as Record<'usedSize' | 'embedderHeapUsedSize' | 'backingStorageSize', number>;
  return usedSize + embedderHeapUsedSize + backingStorageSize;
}

async function memoryOf(send: Send): Promise<number> {
  const { result } = (await send('Runtime.evaluate', { expression: sumOfMemories })) as {
    result: { value: number };
  };
  return result.value;
}
