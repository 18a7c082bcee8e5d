// ONNX Runtime in a page or its worker: the one file that knows the package for the web.
import { option, phrase, UserError } from '../errors.ts';
import { defaultThreads } from '../platform/machine.node.ts';
import { sha256 } from '../platform/sha256.node.ts';
import { type Device, defaultDevice, deviceRecord, isHost } from './devices/device.ts';
import {
  type BuildFiles,
  buildFileKeys,
  type WebProvider as Provider,
  providers,
  type Runtime,
  type RuntimeFiles,
} from './devices/providers.web.ts';
import { reasonOf, type Session, type SessionOptions } from './session.ts';
import { createWebSession, isOutOfMemory } from './webSession.ts';

/** How a page is set up. */
export interface RuntimeOptions extends BuildFiles {
  /**
   * Starts a worker whose script is `emerging-flows/worker`. Training then divides each batch among workers, and
   * compression codes blocks in them; without it, the thread that asks computes everything. It is written in the page,
   * whose bundler finds the script there.
   */
  readonly startWorker?: () => Worker;
}

let options: RuntimeOptions = {};

/** A build of the runtime that is loaded. */
interface Build {
  readonly threads: number;
  /** Settled when it knows its files. */
  readonly ready: Promise<void>;
}

/** The loaded builds: devices may share one, and it starts its threads once. */
const builds = new Map<Runtime, Build>();

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
export function workerFactory(): { start(): Worker; runtime: RuntimeFiles } | undefined {
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
async function load(device: Device, provider: Provider, threads: number): Promise<Runtime> {
  const ort = await provider.load();
  const { singleThreaded } = deviceRecord(device);
  let build = builds.get(ort);
  if (build === undefined) {
    // Without isolation, threads cannot share memory.
    const most = singleThreaded || !globalThis.crossOriginIsolated ? 1 : threads;
    build = { threads: most, ready: configure(ort, provider, most) };
    builds.set(ort, build);
    build.ready.catch(() => builds.delete(ort));
  }
  if (singleThreaded && build.threads > 1) {
    throw new UserError(
      'unsupported',
      `the device '${device}' has one thread, and the runtime already runs with ${build.threads}: use it in a new worker`,
    );
  }
  await build.ready;
  return ort;
}

async function configure(ort: Runtime, provider: Provider, threads: number): Promise<void> {
  ort.env.logLevel = 'fatal';
  ort.env.wasm.numThreads = threads;
  const { wasm, script } = provider.files(options);
  if (isPlace(wasm) && isCompressed(wasm)) {
    ort.env.wasm.wasmBinary = await fetchRuntime(wasm);
  } else if (wasm !== undefined && !isPlace(wasm)) {
    ort.env.wasm.wasmBinary = wasm;
  }
  if ((isPlace(wasm) && ort.env.wasm.wasmBinary === undefined) || script !== undefined) {
    ort.env.wasm.wasmPaths = {
      ...(isPlace(wasm) && ort.env.wasm.wasmBinary === undefined && { wasm }),
      ...(script !== undefined && { mjs: script }),
    };
  }
}

function isCompressed(url: string | URL): boolean {
  return /\.gz([?#]|$)/.test(String(url));
}

/** The bytes of the runtime at a URL, decompressed. */
async function fetchRuntime(url: string | URL): Promise<ArrayBuffer> {
  const fail = (reason: string, cause?: unknown): UserError =>
    new UserError('io', `cannot load the runtime from ${url}: ${reason}`, { cause });
  try {
    const response = await fetch(url);
    if (!response.ok || !response.body) {
      throw fail(`the server returned ${response.status} ${response.statusText}`.trim());
    }
    return await (isCompressed(url)
      ? new Response(response.body.pipeThrough(new DecompressionStream('gzip')))
      : response
    ).arrayBuffer();
  } catch (error) {
    throw error instanceof UserError
      ? error
      : fail(error instanceof Error ? error.message : String(error), error);
  }
}

/**
 * SHA-256, in hexadecimal, of the WebAssembly that the device `wasm` runs.
 *
 * @throws UserError (`invalid-argument`) if the page has not said where it is: only the bundler knows then; `io` if it
 * cannot be loaded
 */
export async function runtimeSha256(): Promise<string> {
  const { wasm } = options;
  if (wasm === undefined) {
    throw new UserError('invalid-argument', 'pass the URL of the runtime to configureRuntime, as wasm');
  }
  const bytes = isPlace(wasm) ? await fetchRuntime(wasm) : wasm;
  return sha256([bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes)]);
}

/** The device that runs the programs of a device: itself. */
export async function usedDevice(device: Device): Promise<Device> {
  return device;
}

/**
 * Loads an ONNX model on a device. All models use the thread count of the first: the runtime starts
 * its threads once. More than one needs cross-origin isolation.
 *
 * @throws UserError (`unsupported`) if the device, other than the CPU, cannot run it
 */
export async function createSession(model: Uint8Array, options: SessionOptions): Promise<Session> {
  const { device, threads = defaultThreads() } = options;
  const provider = providerOf(device);
  const ort = await load(device, provider, threads);
  const explain = (cause: unknown): unknown => explainFailure(cause, device);
  return createWebSession(model, { ort, provider: provider.provider, explain }, options);
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

/** How Chromium and Firefox say that the policy of a page forbids WebAssembly. */
const forbidsWebAssembly = /WebAssembly.*(?:Content Security Policy|blocked by CSP)/;

/** The error for a failure of the runtime: memory that is full, or a device that cannot run a model or is lost. */
export function explainFailure(cause: unknown, device: Device): unknown {
  const reason = reasonOf(cause);
  if (forbidsWebAssembly.test(reason)) {
    return new UserError(
      'unsupported',
      "the page's Content-Security-Policy forbids WebAssembly: add 'wasm-unsafe-eval' to its script-src",
      { cause },
    );
  }
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
  if (isOutOfMemory(cause)) {
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
