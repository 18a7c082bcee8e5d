// ONNX Runtime's WebAssembly in a page: fetched and compiled once, for the page's thread and its workers.
import { UserError } from '../../core/errors.ts';
import type { Runtime, RuntimeFiles } from './devices/providers.web.ts';

/** Where the WebAssembly is, or its bytes. */
type Source = NonNullable<RuntimeFiles['wasm']>;

/** Whether it is a URL. */
export function isPlace(source: Source | undefined): source is string | URL {
  return typeof source === 'string' || source instanceof URL;
}

function isCompressed(url: string | URL): boolean {
  return /\.gz([?#]|$)/.test(String(url));
}

const compiled = new WeakMap<RuntimeFiles, Promise<WebAssembly.Module>>();

/**
 * The compiled WebAssembly of a build; undefined if the page hasn't said where it is: only the bundler knows then.
 * Another call with the same files fetches nothing, unless the first failed.
 *
 * @throws UserError (`io`) if it cannot be loaded; WebAssembly.CompileError if it is none, or the page's policy forbids it
 */
export async function compiledRuntime(files: RuntimeFiles): Promise<WebAssembly.Module | undefined> {
  const compiledModule = await files.module;
  if (compiledModule !== undefined || files.wasm === undefined) {
    return compiledModule;
  }
  let module = compiled.get(files);
  if (module === undefined) {
    module = compileSource(files.wasm);
    compiled.set(files, module);
    module.catch(() => compiled.delete(files));
  }
  return module;
}

async function compileSource(source: Source): Promise<WebAssembly.Module> {
  if (!isPlace(source)) {
    return WebAssembly.compile(source as BufferSource);
  }
  const response = await fetchRuntime(source);
  const type = 'application/wasm';
  // Browsers keep compiled code only for responses of the network.
  return WebAssembly.compileStreaming(
    response.headers.get('content-type') === type && !isCompressed(source)
      ? response
      : new Response(response.body, { headers: { 'content-type': type } }),
  );
}

/** The bytes of the runtime at a URL, from the browser's cache if it was compiled from there. */
export async function runtimeBytes(url: string | URL): Promise<ArrayBuffer> {
  const response = await fetchRuntime(url, 'force-cache');
  return response.arrayBuffer().catch((error: unknown) => {
    throw cannotLoad(url, error instanceof Error ? error.message : String(error), error);
  });
}

/** The response with the runtime at a URL, decompressed. */
async function fetchRuntime(url: string | URL, cache: RequestCache = 'default'): Promise<Response> {
  const response = await fetch(url, { cache }).catch((error: unknown) => {
    throw cannotLoad(url, error instanceof Error ? error.message : String(error), error);
  });
  if (!response.ok || !response.body) {
    throw cannotLoad(url, `the server returned ${response.status} ${response.statusText}`.trim());
  }
  return isCompressed(url)
    ? new Response(response.body.pipeThrough(new DecompressionStream('gzip')))
    : response;
}

function cannotLoad(url: string | URL, reason: string, cause?: unknown): UserError {
  return new UserError('io', `cannot load the runtime from ${url}: ${reason}`, { cause });
}

/**
 * Performs `start`, which may start a build of the runtime, so that it runs a compiled module: the runtime itself takes
 * only bytes or a URL, and would compile again in every worker.
 */
export async function startedWith<Result>(
  ort: Runtime,
  module: WebAssembly.Module,
  start: () => Promise<Result>,
): Promise<Result> {
  const standIn = new ArrayBuffer(0);
  const { instantiate } = WebAssembly;
  ort.env.wasm.wasmBinary = standIn;
  WebAssembly.instantiate = (async (source: BufferSource, imports: WebAssembly.Imports) =>
    (source as Uint8Array).buffer === standIn
      ? { module, instance: await instantiate(module, imports) }
      : instantiate(source, imports)) as typeof instantiate;
  try {
    return await start();
  } finally {
    WebAssembly.instantiate = instantiate;
  }
}
