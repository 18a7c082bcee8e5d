// The arrays that programs take and give: on the host, or in the memory of a device.
import type { NdArray } from '../../core/numeric/index.ts';
import type { Device } from './devices/device.ts';

/** An array in the runtime's memory, or in a device's. */
export interface RuntimeTensor {
  readonly dims: readonly number[];
  readonly data: unknown;
  /** The memory of the device; only for arrays there. */
  readonly gpuBuffer: unknown;
  dispose(): void;
}

/**
 * An array in the memory of a device, made by `DeviceMemory.allocate`: programs on that device read it and write to it,
 * while the host sees it only through `DeviceMemory.read`. It is float32.
 */
export class DeviceArray {
  /** Its shape; its numbers are in row-major order. */
  readonly shape: readonly number[];
  /** Where it is. */
  readonly device: Device;
  private held: RuntimeTensor | undefined;
  private readonly onRelease: (array: DeviceArray) => void;

  /** @internal Made by a device memory. */
  constructor(
    device: Device,
    shape: readonly number[],
    tensor: RuntimeTensor,
    onRelease: (array: DeviceArray) => void = () => {},
  ) {
    this.device = device;
    this.shape = shape;
    this.held = tensor;
    this.onRelease = onRelease;
  }

  /**
   * @internal The runtime's tensor, whose shape may be another one of as many elements.
   *
   * @throws Error if the array has been released: the runtime would read memory that is no longer there
   */
  get tensor(): RuntimeTensor {
    this.requireHeld();
    return this.held!;
  }

  /** @internal Throws if it has been released. */
  requireHeld(): void {
    if (this.held === undefined) {
      throw new Error(`an array of the device '${this.device}' is used after its release`);
    }
  }

  /** @internal Takes over a tensor with the new contents, and frees the one before it. */
  replace(tensor: RuntimeTensor): void {
    const previous = this.tensor;
    this.held = tensor;
    previous.dispose();
  }

  /** Frees its memory; a second time changes nothing. */
  release(): void {
    this.held?.dispose();
    this.held = undefined;
    this.onRelease(this);
  }
}

/** An array that a program takes: of the host, or of the device that the program runs on. */
export type AnyArray = NdArray | DeviceArray;

/** Arrays by name. */
export type NamedArrays = Readonly<Record<string, NdArray>>;

/** Arrays by name, on the host or on the device of a program. */
export type ProgramArrays = Readonly<Record<string, AnyArray>>;

/**
 * The same arrays, which must be on the host.
 *
 * @throws Error if one is on a device
 */
export function onHost(arrays: ProgramArrays): Record<string, NdArray> {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => {
      if (array instanceof DeviceArray) {
        throw new Error(`'${name}' is in the memory of the device '${array.device}', not on the host`);
      }
      return [name, array];
    }),
  );
}
