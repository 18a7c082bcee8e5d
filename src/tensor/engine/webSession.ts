// Sessions of ONNX Runtime's WebAssembly builds, in pages and in Node.
import { type WatchedDevice, watchDevice } from './deviceFailure.ts';
import { isHost } from './devices/device.ts';
import type { Runtime, WebProvider } from './devices/providers.web.ts';
import { describeCause, Session, type SessionOptions } from './session.ts';

/** The build that runs a model, and what to throw for its failures. */
interface WebBuild {
  readonly ort: Runtime;
  readonly provider: WebProvider['provider'];
  explain(cause: unknown): unknown;
  /** Creates a session; the first one starts the build. */
  start?<Result>(create: () => Promise<Result>): Promise<Result>;
}

/** Loads an ONNX model into a WebAssembly build. */
export async function createWebSession(
  model: Uint8Array,
  { ort, provider, explain, start = (create) => create() }: WebBuild,
  { device, fallback, onDevice = [], allocates = false }: SessionOptions,
): Promise<Session> {
  try {
    const create = () =>
      ort.InferenceSession.create(model, {
        executionProviders: [provider],
        // The graphs are already in the form to run; optimising them again takes long and gains nothing.
        graphOptimizationLevel: 'disabled',
        enableMemPattern: false,
        logSeverityLevel: 3,
        ...(allocates && { preferredOutputLocation: 'gpu-buffer' as const }),
        ...(onDevice.length > 0 && {
          preferredOutputLocation: Object.fromEntries(onDevice.map((name) => [name, 'gpu-buffer' as const])),
        }),
        ...(!fallback && { extra: { session: { disable_cpu_ep_fallback: '1' } } }),
      });
    const session = await inTurn(() => start(create));
    const watch = isHost(device)
      ? undefined
      : watchDevice((await ort.env.webgpu.device) as unknown as WatchedDevice);
    // These builds ignore the arrays that they are given for outputs.
    const oneAtATime = {
      outputNames: session.outputNames,
      run: (...args: Parameters<typeof session.run>) =>
        inTurn(async () => {
          const results = await session.run(...args).catch((cause: unknown) => {
            throw watch?.failure ?? cause;
          });
          if (watch?.failure) {
            throw watch.failure;
          }
          return results;
        }),
      release() {
        watch?.end();
        return inTurn(() => session.release());
      },
    };
    return new Session(ort, oneAtATime as typeof session, { device, writesInPlace: false, explain });
  } catch (cause) {
    throw explain(cause);
  }
}

let latest: Promise<unknown> = Promise.resolve();

/**
 * Does some work of the runtime after all before it. A run keeps its arguments on the runtime's stack while it waits for its
 * inputs, and another one that ends meanwhile takes them away: the names of its outputs were empty then.
 */
function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  const result = latest.then(work);
  latest = result.catch(() => {});
  return result;
}

/** What the runtime says when its memory is full, or an array is larger than its address space. */
const outOfMemory =
  /bad_alloc|allocation failed|out of memory|\bOOM\b|Aborted\(\)|cannot enlarge memory|Integer overflow/i;

/** Whether a failure means that the runtime's memory is full. */
export function isOutOfMemory(cause: unknown): boolean {
  // Exceptions arrive as numbers if the runtime has no memory left to describe them.
  return typeof cause === 'number' || outOfMemory.test(describeCause(cause));
}
