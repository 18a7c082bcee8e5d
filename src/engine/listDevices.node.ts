// Which devices work here, tried for real, and what those that do not work need.
import { UserError } from '../errors.ts';
import { visibleText } from '../visibleText.ts';
import { type Device, devices } from './devices/device.ts';
import { NATIVE_REMEDY, providers } from './devices/providers.node.ts';
import { type AdapterList, listAdapters } from './devices/vulkan.node.ts';
import { nativeProblem } from './nativeRuntime.node.ts';
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

/**
 * Tries every device with a small program, and lists the adapters that the system's Vulkan loader knows.
 */
export async function listDevices(): Promise<DeviceList> {
  const adapters = await listAdapters();
  const reports: DeviceReport[] = [];
  for (const device of devices) {
    reports.push(await reportOf(device, adapters));
  }
  return { devices: reports, adapters };
}

async function reportOf(device: Device, adapters: AdapterList): Promise<DeviceReport> {
  const { isNative, remedy } = providers[device];
  // Not found out with a program, which would run on a substitute.
  const problem = isNative ? await nativeProblem() : null;
  if (problem !== null) {
    return { device, works: false, reason: visibleText(problem), remedy: NATIVE_REMEDY };
  }
  const reason = await failureOf(device);
  return { device, works: reason === null, reason, remedy: reason === null ? null : remedy(adapters) };
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
