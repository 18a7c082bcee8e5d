// ONNX Runtime in a page or its worker: the one file that knows the package for the web.
import { option, phrase, UserError } from '../errors.ts';
import { defaultThreads } from '../platform/machine.node.ts';
import { type Device, defaultDevice, isHost } from './devices/device.ts';
import {
  type BuildFiles,
  buildFileKeys,
  type WebProvider as Provider,
  providers,
  type Runtime,
  type RuntimeFiles,
} from './devices/providers.web.ts';
import { reasonOf, Session, type SessionOptions } from './session.ts';

/** How a page is set up. */
export interface RuntimeOptions extends BuildFiles {
  /**
   * Starts a worker whose script is `emerging-flows/worker`. Training then divides each batch among workers; without
   * it, the thread that trains computes everything. It is written in the page, whose bundler finds the script there.
   */
  readonly startWorker?: () => Worker;
}

let options: RuntimeOptions = {};
const loaded = new Map<Device, Promise<Runtime>>();

/**
 * Says where the runtime's files are, and how workers are started; before the first model is used.
 *
 * @throws UserError (`invalid-argument`) for a key that it does not know
 */
export function configureRuntime(chosen: RuntimeOptions): void {
  const known = [...buildFileKeys, 'startWorker'];
  const unknown = Object.keys(chosen).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new UserError(
      'invalid-argument',
      `configureRuntime has no option ${unknown}: it takes ${known.slice(0, -1).join(', ')} and ${known.at(-1)}`,
    );
  }
  options = chosen;
}

/** How workers are started, and where they find the runtime; undefined if the page has not said how. */
export function gradientWorkerFactory(): { start(): Worker; runtime: RuntimeFiles } | undefined {
  const { startWorker, wasm, script } = options;
  if (startWorker === undefined) {
    return undefined;
  }
  // A worker may lie elsewhere than the page, and a URL object cannot be sent to it.
  const absolute = (place: string | URL): string => new URL(place, globalThis.location.href).href;
  return {
    start: startWorker,
    runtime: {
      ...(wasm !== undefined && { wasm: isPlace(wasm) ? absolute(wasm) : wasm }),
      ...(script !== undefined && { script: absolute(script) }),
    },
  };
}

function isPlace(wasm: RuntimeFiles['wasm']): wasm is string | URL {
  return typeof wasm === 'string' || wasm instanceof URL;
}

/** The runtime, loaded with the first session of a device. */
function load(device: Device, provider: Provider, threads: number): Promise<Runtime> {
  const known = loaded.get(device);
  if (known) {
    return known;
  }
  const runtime = loadBuild(provider, threads);
  loaded.set(device, runtime);
  runtime.catch(() => loaded.delete(device));
  return runtime;
}

async function loadBuild(provider: Provider, threads: number): Promise<Runtime> {
  const ort = await provider.load();
  ort.env.logLevel = 'fatal';
  // Without isolation, threads cannot share memory.
  ort.env.wasm.numThreads = globalThis.crossOriginIsolated ? threads : 1;
  const { wasm, script } = provider.files(options);
  if (isPlace(wasm) && /\.gz([?#]|$)/.test(String(wasm))) {
    ort.env.wasm.wasmBinary = await fetchDecompressed(wasm);
  } else if (wasm !== undefined && !isPlace(wasm)) {
    ort.env.wasm.wasmBinary = wasm;
  }
  if ((isPlace(wasm) && ort.env.wasm.wasmBinary === undefined) || script !== undefined) {
    ort.env.wasm.wasmPaths = {
      ...(isPlace(wasm) && ort.env.wasm.wasmBinary === undefined && { wasm }),
      ...(script !== undefined && { mjs: script }),
    };
  }
  return ort;
}

/** The decompressed bytes at a URL. */
async function fetchDecompressed(url: string | URL): Promise<ArrayBuffer> {
  const fail = (reason: string, cause?: unknown): UserError =>
    new UserError('io', `cannot load the runtime from ${url}: ${reason}`, { cause });
  try {
    const response = await fetch(url);
    if (!response.ok || !response.body) {
      throw fail(`the server returned ${response.status} ${response.statusText}`.trim());
    }
    return await new Response(response.body.pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
  } catch (error) {
    throw error instanceof UserError
      ? error
      : fail(error instanceof Error ? error.message : String(error), error);
  }
}

/**
 * Loads an ONNX model on a device. All models use the thread count of the first: the runtime starts
 * its threads once. More than one needs cross-origin isolation.
 *
 * @throws UserError (`unsupported`) if the device, other than the CPU, cannot run it
 */
export async function createSession(
  model: Uint8Array,
  { device, threads = defaultThreads(), fallback, traffic, onDevice = [], allocates = false }: SessionOptions,
): Promise<Session> {
  const provider = providerOf(device);
  const ort = await load(device, provider, threads);
  try {
    const session = await inTurn(() =>
      ort.InferenceSession.create(model, {
        executionProviders: [provider.provider],
        // The graphs are already in the form to run; optimising them again takes long and gains nothing.
        graphOptimizationLevel: 'disabled',
        enableMemPattern: false,
        logSeverityLevel: 3,
        ...(allocates && { preferredOutputLocation: 'gpu-buffer' as const }),
        ...(onDevice.length > 0 && {
          preferredOutputLocation: Object.fromEntries(onDevice.map((name) => [name, 'gpu-buffer' as const])),
        }),
        ...(!fallback && { extra: { session: { disable_cpu_ep_fallback: '1' } } }),
      }),
    );
    // This build ignores the arrays that it is given for outputs.
    const oneAtATime = {
      outputNames: session.outputNames,
      run: (...args: Parameters<typeof session.run>) => inTurn(() => session.run(...args)),
      endProfiling: () => session.endProfiling(),
      release: () => inTurn(() => session.release()),
    };
    return new Session(ort, oneAtATime as typeof session, {
      device,
      writesInPlace: false,
      traffic,
      explain: (cause) => explainFailure(cause, device),
    });
  } catch (cause) {
    throw explainFailure(cause, device);
  }
}

/**
 * How the runtime reaches a device in a page.
 *
 * @throws UserError (`unsupported`) if a page has no such device
 */
function providerOf(device: Device): Provider {
  const provider = providers[device];
  if (provider === undefined) {
    const known = Object.keys(providers).flatMap((name, index) => [
      ...(index > 0 ? [' or '] : []),
      option('device', name),
    ]);
    throw new UserError('unsupported', phrase`a page has no device '${device}'; use ${known}`);
  }
  return provider;
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

/** What the runtime says when its memory is full. */
const outOfMemory = /bad_alloc|allocation failed|out of memory|\bOOM\b|Aborted\(\)|cannot enlarge memory/i;

/** The error for a failure of the runtime: memory that is full, or a device that cannot run a model or is lost. */
export function explainFailure(cause: unknown, device: Device): unknown {
  const reason = reasonOf(cause);
  if (reason.startsWith('no available backend found')) {
    const { wasm } = providerOf(device).files(options);
    const where = isPlace(wasm) ? String(wasm) : 'the files of the runtime';
    return new UserError(
      'io',
      `cannot start ONNX Runtime with ${where}: ${reason.replace(/^.*?ERR: /, '')}; serve the file of ` +
        'onnxruntime-web 1.30.0 there, name it in configureRuntime, and load the page again',
      { cause },
    );
  }
  // Exceptions arrive as numbers if the runtime has no memory left to describe them.
  if (typeof cause === 'number' || outOfMemory.test(reason)) {
    return new UserError(
      'out-of-memory',
      phrase`the page is out of memory: use smaller batches or a smaller model, in training ${option('activations', 'recompute')}, and start again in a new worker, because this one's memory never shrinks`,
      { cause },
    );
  }
  return isHost(device)
    ? cause
    : new UserError(
        'unsupported',
        phrase`the device '${device}' cannot run this: ${reason}; use ${option('device', defaultDevice)}`,
        { cause },
      );
}
