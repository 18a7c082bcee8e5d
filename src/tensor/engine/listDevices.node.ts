// Which devices work here, tried for real, and what those that do not work need.
import { UserError, visibleText } from '../../core/errors.ts';
import { add } from '../operations/index.ts';
import { input } from '../tensor.ts';
import {
  type Device,
  type DeviceChoice,
  defaultDevice,
  devices,
  isHost,
  showDevice,
} from './devices/device.ts';
import { NATIVE_REMEDY, providers } from './devices/providers.node.ts';
import { nativeProblem } from './nativeRuntime.node.ts';
import { compile } from './program.ts';
import { releaseAfter } from './resources.ts';
import { describeCause } from './session.ts';

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

/**
 * Runs a program of one addition on a device.
 *
 * @throws UserError (`unsupported`) if the device does not work here, or computes something else
 */
export async function tryDevice(choice: DeviceChoice): Promise<void> {
  const x = input('x', [1]);
  const { y } = await releaseAfter(async (keep) => {
    const program = keep(
      await compile(
        { inputs: { x }, outputs: { y: add(x, 1) } },
        { ...choice, fallback: isHost(choice.device ?? defaultDevice) },
      ),
    );
    return program.run({ x: { shape: [1], data: Float32Array.of(2) } });
  });
  if (y!.data[0] !== 3) {
    throw new UserError('unsupported', `the device '${showDevice(choice)}' computes 2 + 1 = ${y!.data[0]}`);
  }
}
