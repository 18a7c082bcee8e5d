// Whether a device works here, by running a small program on it.
import { UserError } from '../../core/errors.ts';
import { add } from '../operations/index.ts';
import { input } from '../tensor.ts';
import { type DeviceChoice, defaultDevice, isHost, showDevice } from './devices/device.ts';
import { compile } from './program.ts';
import { releaseAfter } from './resources.ts';

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
