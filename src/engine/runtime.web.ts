// ONNX Runtime in a page or its worker: the one file that knows the package for the web.
import { option, phrase, UserError } from '../errors.ts';
import { defaultThreads } from '../platform/machine.node.ts';
import type { Device } from './devices/device.ts';
import { reasonOf, Session, type SessionOptions } from './session.ts';

/** Where the files of a build of the runtime are. */
export interface RuntimeFiles {
  /**
   * Its WebAssembly: its URL, or its bytes. By default next to the runtime's script, where bundlers that know
   * `new URL(…, import.meta.url)` put it. A URL that ends with `.gz` is decompressed here, for hosts that send files
   * as they are.
   */
  readonly wasm?: string | URL | ArrayBuffer | Uint8Array;
  /** The URL of the script that belongs to it, for the runtime's threads; needed only if it is elsewhere. */
  readonly script?: string | URL;
}

/** How a page is set up. */
export interface RuntimeOptions extends RuntimeFiles {
  /** The files of the build for WebGPU, which is loaded only for the device `webgpu`. */
  readonly webgpu?: RuntimeFiles;
  /**
   * Starts a worker whose script is `emerging-flows/worker`. Training then divides each batch among workers; without
   * it, the thread that trains computes everything. It is written in the page, whose bundler finds the script there.
   */
  readonly startWorker?: () => Worker;
}

type Runtime = typeof import('onnxruntime-web/wasm');

let options: RuntimeOptions = {};
const loaded = new Map<'cpu' | 'webgpu', Promise<Runtime>>();

/**
 * Says where the runtime's files are, and how workers are started; before the first model is used.
 *
 * @throws UserError (`invalid-argument`) for a key that it does not know
 */
export function configureRuntime(chosen: RuntimeOptions): void {
  const unknown = Object.keys(chosen).find(
    (key) => !['wasm', 'script', 'webgpu', 'startWorker'].includes(key),
  );
  if (unknown !== undefined) {
    throw new UserError(
      'invalid-argument',
      `configureRuntime knows no ${unknown}: it takes wasm, script, webgpu and startWorker`,
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

/** The runtime, loaded with the first session of a device; the one for WebGPU is several times larger. */
function load(device: 'cpu' | 'webgpu', threads: number): Promise<Runtime> {
  const known = loaded.get(device);
  if (known) {
    return known;
  }
  const runtime = loadBuild(device, threads);
  loaded.set(device, runtime);
  runtime.catch(() => loaded.delete(device));
  return runtime;
}

async function loadBuild(device: 'cpu' | 'webgpu', threads: number): Promise<Runtime> {
  const ort = await (device === 'cpu' ? import('onnxruntime-web/wasm') : import('onnxruntime-web/webgpu'));
  ort.env.logLevel = 'fatal';
  // Without isolation, threads cannot share memory.
  ort.env.wasm.numThreads = globalThis.crossOriginIsolated ? threads : 1;
  const { wasm, script } = device === 'cpu' ? options : (options.webgpu ?? {});
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
      throw fail(`the server answers ${response.status} ${response.statusText}`.trim());
    }
    return await new Response(response.body.pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
  } catch (error) {
    throw error instanceof UserError
      ? error
      : fail(error instanceof Error ? error.message : String(error), error);
  }
}

/**
 * Loads an ONNX model on a device. The number of threads of the first model is that of all: the runtime starts
 * them once. More than one needs cross-origin isolation.
 *
 * @throws UserError (`unsupported`) if the device, other than the CPU, cannot run it
 */
export async function createSession(
  model: Uint8Array,
  { device, threads = defaultThreads(), fallback, traffic, onDevice = [], allocates = false }: SessionOptions,
): Promise<Session> {
  if (device !== 'cpu' && device !== 'webgpu') {
    throw new UserError(
      'unsupported',
      phrase`a page has no device '${device}'; use ${option('device', 'cpu')} or ${option('device', 'webgpu')}`,
    );
  }
  const ort = await load(device, threads);
  try {
    const session = await inTurn(() =>
      ort.InferenceSession.create(model, {
        executionProviders: [device === 'cpu' ? 'wasm' : 'webgpu'],
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
    const { wasm } = device === 'webgpu' ? (options.webgpu ?? {}) : options;
    const where = isPlace(wasm) ? String(wasm) : 'the files of the runtime';
    return new UserError(
      'io',
      `cannot start ONNX Runtime with ${where}: ${reason.replace(/^.*?ERR: /, '')}; serve the file of ` +
        'onnxruntime-web 1.30.0 there, name it in configureRuntime, and load the page again',
      { cause },
    );
  }
  // Exceptions in the runtime's own memory arrive as numbers when there is no room to describe them.
  if (typeof cause === 'number' || outOfMemory.test(reason)) {
    return new UserError(
      'out-of-memory',
      phrase`the page has no more memory for this: use smaller batches or a smaller model, in training ${option('activations', 'recompute')}; start again in a new worker, since this one's memory never shrinks`,
      { cause },
    );
  }
  return device === 'cpu'
    ? cause
    : new UserError(
        'unsupported',
        phrase`the device '${device}' cannot run this: ${reason}; use ${option('device', 'cpu')}`,
        { cause },
      );
}
