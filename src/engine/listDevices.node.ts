// Which devices work here, tried for real, and what those that do not work need.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { UserError } from '../errors.ts';
import { visibleText } from '../visibleText.ts';
import { type Device, devices } from './devices/device.ts';
import { type AdapterList, listAdapters } from './devices/vulkan.node.ts';
import { reasonOf } from './session.ts';
import { tryDevice } from './tryDevice.ts';

/** Whether a device works here. */
export interface DeviceReport {
  /** The device. */
  readonly device: Device;
  /** Whether a small program ran on it. */
  readonly works: boolean;
  /** Why it does not work; null if it does. */
  readonly reason: string | null;
  /** What to install for it, where that is known; null if it works. */
  readonly remedy: string | null;
}

/** The devices, and the adapters among which WebGPU finds its own. */
export interface DeviceList {
  /** Every device that the library knows. */
  readonly devices: readonly DeviceReport[];
  /** The adapters of the system. */
  readonly adapters: AdapterList;
}

/** Variables of the Vulkan loader that hide drivers. */
const hiding = [
  'VK_DRIVER_FILES',
  'VK_ICD_FILENAMES',
  'VK_LOADER_DRIVERS_SELECT',
  'VK_LOADER_DRIVERS_DISABLE',
];

/**
 * Tries every device with a small program, and lists the adapters that the system's Vulkan loader knows.
 */
export async function listDevices(): Promise<DeviceList> {
  const adapters = await listAdapters();
  const reports: DeviceReport[] = [];
  for (const device of devices) {
    const failure = await failureOf(device);
    reports.push({
      device,
      works: failure === null,
      reason: failure,
      remedy: failure === null ? null : remedyFor(device, adapters),
    });
  }
  return { devices: reports, adapters };
}

/** What the runtime says of a device that does not work; null if it works. */
async function failureOf(device: Device): Promise<string | null> {
  try {
    await tryDevice({ device });
    return null;
  } catch (error) {
    if (!(error instanceof UserError)) {
      throw error;
    }
    return visibleText(reasonOf(error.cause ?? error));
  }
}

function remedyFor(device: Device, adapters: AdapterList): string | null {
  switch (device) {
    case 'cpu':
      return null;
    case 'webgpu':
      return webGpuRemedy(adapters);
    case 'cuda':
      return cudaRemedy();
  }
}

function webGpuRemedy(list: AdapterList): string {
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
  const mesa =
    'apt-get install libvulkan1 mesa-vulkan-drivers has those of AMD and Intel and one in software';
  return list.adapters === null || list.adapters.length === 0
    ? `install the Vulkan loader and the Vulkan driver of the GPU: on Debian and Ubuntu, ${mesa}; NVIDIA's driver brings its own`
    : 'update the Vulkan driver of the GPU';
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
