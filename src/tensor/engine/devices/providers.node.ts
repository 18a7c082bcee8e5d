// How ONNX Runtime for Node reaches each device, and what a device that does not work needs.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { ArrayLimits, Device } from './device.ts';

/** The runtime's name for a device, with settings. */
type Provider =
  | string
  | { readonly name: string; readonly validationMode?: 'basic' | 'full'; readonly deviceId?: number };

/** A device in Node. */
interface NodeProvider {
  /** Whether the native package runs its programs; otherwise the one for the web does. */
  readonly isNative: boolean;
  /** The device that runs its programs if the native package cannot be loaded; null if none does. */
  readonly substitute: Device | null;
  /** What the runtime is told. */
  provider(deviceIndex: number): Provider;
  /** What to install or change where the device does not work; null if nothing is known. */
  remedy(): string | null;
}

/** How the native package is installed where npm has left it out. */
export const NATIVE_REMEDY = 'install again with ONNXRUNTIME_NODE_INSTALL=skip in the environment';

/** The devices in Node. */
export const providers: Readonly<Record<Device, NodeProvider>> = {
  cpu: {
    isNative: true,
    substitute: 'wasm',
    provider: () => 'cpu',
    remedy: () => null,
  },
  webgpu: {
    isNative: true,
    substitute: null,
    // Basic: a run fails if one of its commands does. Full also names the operation, which is slow: for tests and reports
    // of faults.
    provider: () => ({
      name: 'webgpu',
      validationMode: process.env.EMERGING_WEBGPU_VALIDATION === 'full' ? 'full' : 'basic',
    }),
    remedy: webGpuRemedy,
  },
  cuda: {
    isNative: true,
    substitute: null,
    provider: (deviceIndex) => ({ name: 'cuda', deviceId: deviceIndex }),
    remedy: cudaRemedy,
  },
  wasm: {
    isNative: false,
    substitute: null,
    provider: () => 'wasm',
    remedy: () => null,
  },
};

/** The limits of arrays on a device; undefined, because the runtime doesn't report them. */
export async function arrayLimits(_device: Device): Promise<ArrayLimits | undefined> {
  return undefined;
}

/** Variables of the Vulkan loader that hide drivers. */
const hiding = [
  'VK_DRIVER_FILES',
  'VK_ICD_FILENAMES',
  'VK_LOADER_DRIVERS_SELECT',
  'VK_LOADER_DRIVERS_DISABLE',
];

function webGpuRemedy(): string {
  if (process.platform !== 'linux') {
    return 'update the system and the driver of the GPU';
  }
  if (process.arch === 'arm64') {
    return 'onnxruntime-node has no WebGPU on Linux with an ARM processor';
  }
  const hidden = hiding.filter((name) => process.env[name] !== undefined);
  if (hidden.length > 0) {
    return `${hidden.join(', ')} may hide a driver that is installed: unset it`;
  }
  const mesa = 'apt-get install libvulkan1 mesa-vulkan-drivers covers AMD, Intel and a software driver';
  return `install the Vulkan loader and the Vulkan driver of the GPU, or update it: on Debian and Ubuntu, ${mesa}; NVIDIA's driver includes its own`;
}

function cudaRemedy(): string {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return 'onnxruntime-node has CUDA on Linux with an x64 processor only';
  }
  const runtime = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  const library = join(runtime, 'bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so');
  return existsSync(library)
    ? "install NVIDIA's driver, CUDA 12 and cuDNN 9, where the system finds their libraries"
    : `download the runtime's CUDA libraries: node ${join(runtime, 'script/install')}`;
}
