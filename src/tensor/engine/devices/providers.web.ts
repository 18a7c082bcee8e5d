// How ONNX Runtime for the web reaches each device that a page has: each has a build of its own.
import type { ArrayLimits, Device } from './device.ts';

/** Where the files of a build of the runtime are. */
export interface RuntimeFiles {
  /**
   * Its WebAssembly: its URL, or its bytes. By default next to the runtime's script, where bundlers that know
   * `new URL(…, import.meta.url)` put it. A URL that ends with `.gz` is decompressed here, for hosts that send files
   * unchanged.
   */
  readonly wasm?: string | URL | ArrayBuffer | Uint8Array;
  /**
   * The same, already compiled, or a promise of that: a page can send it to its workers, which then fetch and compile
   * nothing. If it is undefined, `wasm` is compiled. Workers started by `startWorker` get it without this.
   */
  readonly module?: WebAssembly.Module | undefined | Promise<WebAssembly.Module | undefined>;
  /** The URL of the script that belongs to it, for the runtime's threads; needed only if it is elsewhere. */
  readonly script?: string | URL;
}

/** Where the files of all builds are. */
export interface BuildFiles extends RuntimeFiles {
  /** The files of the build for WebGPU, which is loaded only for the device `webgpu`. */
  readonly webgpu?: RuntimeFiles;
}

/** The keys of `BuildFiles`. */
export const buildFileKeys: readonly string[] = [
  'wasm',
  'module',
  'script',
  'webgpu',
] satisfies (keyof BuildFiles)[];

/** @internal What all builds of the runtime have. */
export type Runtime = typeof import('onnxruntime-web/wasm');

/** @internal A device in a page. */
export interface WebProvider {
  /** The runtime's name for it. */
  readonly provider: 'wasm' | 'webgpu';
  /** Loads the build for it. */
  load(): Promise<Runtime>;
  /** The files of its build. */
  files(files: BuildFiles): RuntimeFiles;
}

/** @internal The devices in a page. */
export const providers: Readonly<Partial<Record<Device, WebProvider>>> = {
  cpu: { provider: 'wasm', load: loadWasm, files: (files) => files },
  wasm: { provider: 'wasm', load: loadWasm, files: (files) => files },
  // Its build is several times larger.
  webgpu: {
    provider: 'webgpu',
    load: () => import('onnxruntime-web/webgpu'),
    files: ({ webgpu = {} }) => webgpu,
  },
};

/** What is used of `navigator.gpu`. */
interface Gpu {
  requestAdapter(options: { readonly powerPreference: 'high-performance' }): Promise<{
    readonly limits: {
      readonly maxStorageBufferBindingSize: number;
      readonly maxBufferSize: number;
      readonly maxStorageBuffersPerShaderStage: number;
    };
  } | null>;
}

/** @internal The limits of arrays on a device: taken from the adapter that the runtime uses, if the page has one. */
export async function arrayLimits(device: Device): Promise<ArrayLimits | undefined> {
  const { gpu } = navigator as { readonly gpu?: Gpu };
  if (providers[device]?.provider !== 'webgpu') {
    return undefined;
  }
  const limits = (await gpu?.requestAdapter({ powerPreference: 'high-performance' }))?.limits;
  return (
    limits && {
      bindingBytes: limits.maxStorageBufferBindingSize,
      bufferBytes: limits.maxBufferSize,
      bindings: limits.maxStorageBuffersPerShaderStage,
    }
  );
}

function loadWasm(): Promise<Runtime> {
  return import('onnxruntime-web/wasm');
}
