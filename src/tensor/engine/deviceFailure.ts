// Failures of a device: what the runtime says when its memory is full, and what a page's device reports itself.
import { option, phrase, UserError } from '../../core/errors.ts';
import { defaultDevice } from './devices/device.ts';

/**
 * The runtime's message if an array does not fit in a device's memory. WebGPU makes the array invalid, and refuses
 * whatever uses it.
 */
const memoryFull = /out.?of.?(device.?)?memory|failed to allocate memory|\[Invalid Buffer/i;

/** Whether a failure means that the memory of a device is full. */
export function isMemoryFull(reason: string): boolean {
  return memoryFull.test(reason);
}

/** The error for a device whose memory is full. */
export function memoryFullError(device: string, reason: string, cause: unknown): UserError {
  return new UserError(
    'out-of-memory',
    phrase`the memory of the device '${device}' is full: ${reason}; use a smaller training.microBatch or batch, ${option('activations', 'recompute')} in training, or ${option('device', defaultDevice)}`,
    { cause },
  );
}

/** The parts of a `GPUDevice` that are used here. */
export interface WatchedDevice {
  addEventListener(type: 'uncapturederror', listener: ErrorListener): void;
  removeEventListener(type: 'uncapturederror', listener: ErrorListener): void;
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
}

type ErrorListener = (event: { readonly error: { readonly message: string } }) => void;

/** Listens for failures of a device, from the call of `watchDevice` on. */
interface DeviceWatch {
  /** The first failure. */
  readonly failure: Error | undefined;
  /** Stops watching. */
  end(): void;
}

/**
 * Listens to a device. When a run ends, the runtime reports errors of its commands, but not a full memory, errors between
 * runs, or why a device is lost.
 */
export function watchDevice(device: WatchedDevice): DeviceWatch {
  let failure: Error | undefined;
  const listener: ErrorListener = ({ error }) => {
    failure ??= new Error(`WebGPU device error (${error.constructor.name}): ${error.message}`);
  };
  device.addEventListener('uncapturederror', listener);
  device.lost.then(({ reason, message }) => {
    failure ??= new Error(`WebGPU device lost (${reason}): ${message}`);
  });
  return {
    get failure() {
      return failure;
    },
    end: () => device.removeEventListener('uncapturederror', listener),
  };
}
