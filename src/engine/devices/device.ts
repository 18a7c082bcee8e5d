// The devices that programs run on.
import { UserError, unknownName } from '../../errors.ts';
import { cpu } from './cpu.ts';
import { gpu } from './gpu.ts';
import type { GraphStyle } from './graphStyle.ts';

/** Where a program runs. */
export type Device = 'cpu' | 'webgpu' | 'cuda';

/** The devices by name. */
export const devices: readonly Device[] = ['cpu', 'webgpu', 'cuda'];

/** A device, and which one where there are several. */
export interface DeviceChoice {
  /** Default: cpu. */
  readonly device?: Device;
  /** Which GPU of the device `cuda`, from 0, which is the default. */
  readonly deviceIndex?: number;
}

const styles: Readonly<Record<Device, GraphStyle>> = { cpu, webgpu: gpu, cuda: gpu };

/**
 * The graph style that a device prefers.
 *
 * @throws UserError (`not-found`) if there is no such device
 */
export function styleOf(device: Device): GraphStyle {
  if (!Object.hasOwn(styles, device)) {
    throw unknownName('device', device, devices);
  }
  return styles[device];
}

/**
 * The device that a text names: `cpu`, `webgpu`, `cuda`, or `cuda:1` for the second GPU.
 *
 * @throws UserError (`invalid-argument`) if it names none
 */
export function parseDevice(text: string): DeviceChoice {
  const [, name = text, index] = /^([^:]*):(.*)$/s.exec(text) ?? [];
  const device = devices.find((known) => known === name);
  if (device === undefined) {
    throw unknownName('device', name, devices);
  }
  if (index === undefined) {
    return { device };
  }
  if (device === 'webgpu') {
    throw new UserError(
      'invalid-argument',
      `'${text}': the runtime chooses the adapter itself; use webgpu, and hide the drivers of other adapters with ` +
        'VK_LOADER_DRIVERS_SELECT (docs/gpu.md)',
    );
  }
  if (device === 'cpu') {
    throw new UserError('invalid-argument', `'${text}': there is one CPU; use cpu`);
  }
  if (!/^\d{1,4}$/.test(index)) {
    throw new UserError(
      'invalid-argument',
      `'${text}': a GPU of cuda is chosen by its number from 0, as in cuda:1`,
    );
  }
  return { device, deviceIndex: Number(index) };
}

/** The device as `parseDevice` reads it. */
export function showDevice({ device = 'cpu', deviceIndex = 0 }: DeviceChoice): string {
  return deviceIndex === 0 ? device : `${device}:${deviceIndex}`;
}

/** The same options for the CPU. */
export function onCpu<Options extends DeviceChoice>({
  deviceIndex: _,
  ...options
}: Options): Omit<Options, 'deviceIndex'> & { device: 'cpu' } {
  return { ...options, device: 'cpu' };
}
