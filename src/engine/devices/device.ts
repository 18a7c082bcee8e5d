// The devices that programs run on.
import { cpu } from './cpu.ts';
import { gpu } from './gpu.ts';
import type { GraphStyle } from './graphStyle.ts';

/** Where a program runs. */
export type Device = (typeof devices)[number];

/** The devices by name. */
export const devices = ['cpu', 'webgpu', 'cuda'] as const;

const styles: Readonly<Record<Device, GraphStyle>> = { cpu, webgpu: gpu, cuda: gpu };

/** How a device likes its graphs. */
export function styleOf(device: Device): GraphStyle {
  return styles[device];
}
