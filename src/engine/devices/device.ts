// The devices that programs run on.
import { cpu } from './cpu.ts';
import { gpu } from './gpu.ts';
import type { GraphStyle } from './graphStyle.ts';

/** Where a program runs. */
export type Device = 'cpu' | 'webgpu' | 'cuda';

/** The devices by name. */
export const devices: readonly Device[] = ['cpu', 'webgpu', 'cuda'];

const styles: Readonly<Record<Device, GraphStyle>> = { cpu, webgpu: gpu, cuda: gpu };

/** The graph style that a device prefers. */
export function styleOf(device: Device): GraphStyle {
  return styles[device];
}
