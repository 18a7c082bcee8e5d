// ONNX Runtime in Node: the native package, or the one for the web.
import { visibleText } from '../../core/errors.ts';
import { type Device, deviceRecord } from './devices/device.ts';
import { NATIVE_REMEDY, providers } from './devices/providers.node.ts';
import { createNativeSession, nativeProblem } from './nativeRuntime.node.ts';
import type { Session, SessionOptions } from './session.ts';
import { createWasmSession } from './wasmRuntime.node.ts';

export { runtimeSha256 } from './wasmRuntime.node.ts';

/**
 * Loads an ONNX model on a device.
 *
 * @throws UserError (`unsupported`) if the device, other than the CPU, cannot run it
 */
export function createSession(model: Uint8Array, options: SessionOptions): Promise<Session> {
  const create = providers[options.device].isNative ? createNativeSession : createWasmSession;
  return create(model, options);
}

let hasWarned = false;

/**
 * The device that runs the programs of a device here: its substitute, with a warning the first time, if the native
 * package cannot be loaded.
 *
 * @param warn called with the warning; by default it is printed to stderr
 * @throws UserError (`not-found`) if there is no such device
 */
export async function usedDevice(
  device: Device,
  warn: (text: string) => void = (text) => console.warn(`emerging-flows: ${text}`),
): Promise<Device> {
  deviceRecord(device);
  const { substitute } = providers[device];
  const problem = substitute === null ? null : await nativeProblem();
  if (substitute === null || problem === null) {
    return device;
  }
  if (!hasWarned) {
    hasWarned = true;
    warn(
      `${visibleText(problem)}; using the device ${substitute} instead, which is several times slower. To use the ` +
        `native runtime, ${NATIVE_REMEDY}`,
    );
  }
  return substitute;
}
