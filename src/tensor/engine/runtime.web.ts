// ONNX Runtime in a page or its worker: the one file that knows the package for the web.
import { option, phrase, UserError } from '../../core/errors.ts';
import { defaultThreads } from '../../core/platform/index.ts';
import { sha256 } from '../../core/platform/sha256.node.ts';
import { compiledRuntime, isPlace, runtimeBytes, startedWith } from './compiledRuntime.web.ts';
import { isMemoryFull, memoryFullError } from './deviceFailure.ts';
import { type Device, defaultDevice, deviceRecord, isHost } from './devices/device.ts';
import {
  type BuildFiles,
  buildFileKeys,
  type WebProvider as Provider,
  providers,
  type Runtime,
  type RuntimeFiles,
} from './devices/providers.web.ts';
import { describeCause, type Session, type SessionOptions } from './session.ts';
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
  /** Its WebAssembly; undefined if it finds that itself. */
  readonly module: Promise<WebAssembly.Module | undefined>;
}

/** The loaded builds: devices may share one, and it starts its threads once. */
const builds = new Map<Runtime, Build>();

/**
 * Says where the runtime's files are, and how workers are started; before the first model is used.
 *
 * @throws UserError (`invalid-argument`) for a key that it does not know
 */
export function configureRuntime(chosen: RuntimeOptions): void {
  const knownOptions = [...buildFileKeys, 'startWorker'];
  const unknown = Object.keys(chosen).find((key) => !knownOptions.includes(key));
  if (unknown !== undefined) {
    throw new UserError(
      'invalid-argument',
      `configureRuntime has no option ${unknown}: it takes ${knownOptions.slice(0, -1).join(', ')} and ${knownOptions.at(-1)}`,
    );
  }
  options = chosen;
}

/** How workers are started, and what they need to load the runtime; undefined if the page has not said how. */
export function workerFactory(): { start(): Worker; runtime(): Promise<RuntimeFiles> } | undefined {
  const { startWorker, wasm, script } = options;
  if (startWorker === undefined) {
    return undefined;
  }
  return {
    start: startWorker,
    async runtime() {
      const module = await compiledRuntime(options).catch((cause: unknown) => {
        throw explainFailure(cause, defaultDevice);
      });
      // A worker may lie elsewhere than the page, and a URL object cannot be sent to it.
      const absolute = (location: string | URL): string => new URL(location, globalThis.location.href).href;
      return {
        ...(isPlace(wasm) && { wasm: absolute(wasm) }),
        ...(module !== undefined && { module }),
        ...(script !== undefined && { script: absolute(script) }),
      };
    },
  };
}

/** The build of a device, loaded with its first session. */
async function load(
  device: Device,
  provider: Provider,
  threads: number,
): Promise<{ ort: Runtime; module: WebAssembly.Module | undefined }> {
  const ort = await provider.load();
  const { singleThreaded } = deviceRecord(device);
  let build = builds.get(ort);
  if (build === undefined) {
    // Without isolation, threads cannot share memory.
    const threadCount = singleThreaded || !globalThis.crossOriginIsolated ? 1 : threads;
    build = { threads: threadCount, module: configure(ort, provider, threadCount) };
    builds.set(ort, build);
    build.module.catch(() => builds.delete(ort));
  }
  if (singleThreaded && build.threads > 1) {
    throw new UserError(
      'unsupported',
      `the device '${device}' has one thread, and the runtime already runs with ${build.threads}: use it in a new worker`,
    );
  }
  return { ort, module: await build.module };
}

/** Prepares a build, and gets its WebAssembly, compiled if the page has said where it is. */
async function configure(
  ort: Runtime,
  provider: Provider,
  threads: number,
): Promise<WebAssembly.Module | undefined> {
  ort.env.logLevel = 'fatal';
  ort.env.wasm.numThreads = threads;
  const files = provider.files(options);
  if (files.script !== undefined) {
    ort.env.wasm.wasmPaths = { mjs: files.script };
  }
  return compiledRuntime(files);
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
  const bytes = isPlace(wasm) ? await runtimeBytes(wasm) : wasm;
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
  const provider = executionProvider(device);
  const explain = (cause: unknown): unknown => explainFailure(cause, device);
  const { ort, module } = await load(device, provider, threads).catch((cause: unknown) => {
    throw explain(cause);
  });
  return createWebSession(
    model,
    {
      ort,
      provider: provider.provider,
      explain,
      start: (create) => (module === undefined ? create() : startedWith(ort, module, create)),
    },
    options,
  );
}

/**
 * How the runtime reaches a device in a page.
 *
 * @throws UserError (`unsupported`) if a page has no such device
 */
function executionProvider(device: Device): Provider {
  const provider = providers[device];
  if (provider === undefined) {
    const alternatives = Object.keys(providers).flatMap((name, index) => [
      ...(index > 0 ? [' or '] : []),
      option('device', name),
    ]);
    throw new UserError('unsupported', phrase`a page has no device '${device}'; use ${alternatives}`);
  }
  return provider;
}

/** How Chromium and Firefox say that the policy of a page forbids WebAssembly. */
const forbidsWebAssembly = /WebAssembly.*(?:Content Security Policy|blocked by CSP)/;

/** The error for a failure of the runtime: memory that is full, or a device that cannot run a model or is lost. */
export function explainFailure(cause: unknown, device: Device): unknown {
  if (cause instanceof UserError) {
    return cause;
  }
  const reason = describeCause(cause);
  if (forbidsWebAssembly.test(reason)) {
    return new UserError(
      'unsupported',
      "the page's Content-Security-Policy forbids WebAssembly: add 'wasm-unsafe-eval' to its script-src",
      { cause },
    );
  }
  if (reason.startsWith('no available backend found') || cause instanceof WebAssembly.CompileError) {
    const { wasm } = executionProvider(device).files(options);
    const where = isPlace(wasm) ? String(wasm) : 'the files of the runtime';
    return new UserError(
      'io',
      `cannot start ONNX Runtime with ${where}: ${reason.replace(/^.*?ERR: /, '')}; serve the file of ` +
        'onnxruntime-web 1.30.0 there, name it in configureRuntime, and load the page again',
      { cause },
    );
  }
  // The memory of the page may be full, too, which the runtime says in other words.
  if (!isHost(device) && /WebGPU/.test(reason) && isMemoryFull(reason)) {
    return memoryFullError(device, reason, cause);
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
