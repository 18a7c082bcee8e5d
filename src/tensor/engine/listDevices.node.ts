// Which devices work here, tried for real, and what those that do not work need.
import { UserError } from '../../core/errors.ts';
import { visibleText } from '../../core/visibleText.ts';
import { type Device, devices } from './devices/device.ts';
import { NATIVE_REMEDY, providers } from './devices/providers.node.ts';
import { nativeProblem } from './nativeRuntime.node.ts';
import { describeCause } from './session.ts';
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

/** Tries every device that the library knows with a small program. */
export async function listDevices(): Promise<readonly DeviceReport[]> {
  const reports: DeviceReport[] = [];
  for (const device of devices) {
    reports.push(await reportDevice(device));
  }
  return reports;
}

async function reportDevice(device: Device): Promise<DeviceReport> {
  const { isNative, remedy } = providers[device];
  // Not found out with a program, which would run on a substitute.
  const problem = isNative ? await nativeProblem() : null;
  if (problem !== null) {
    return { device, works: false, reason: visibleText(problem), remedy: NATIVE_REMEDY };
  }
  const reason = await deviceFailure(device);
  return { device, works: reason === null, reason, remedy: reason === null ? null : remedy() };
}

/** The runtime's message about a device that does not work; null if it works. */
async function deviceFailure(device: Device): Promise<string | null> {
  try {
    await tryDevice({ device });
    return null;
  } catch (error) {
    if (!(error instanceof UserError)) {
      throw error;
    }
    return visibleText(describeCause(error.cause ?? error));
  }
}
