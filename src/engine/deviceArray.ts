// An array in the memory of a device.
import type { Device } from './devices/device.ts';
import type { RuntimeTensor } from './session.ts';

/**
 * An array in the memory of a device, made by `DeviceMemory.allocate`: programs on that device read it and write to it,
 * while the host sees it only through `DeviceMemory.read`. It is float32.
 */
export class DeviceArray {
  readonly shape: readonly number[];
  readonly device: Device;
  private held: RuntimeTensor | undefined;

  /** @internal Made by a device memory. */
  constructor(device: Device, shape: readonly number[], tensor: RuntimeTensor) {
    this.device = device;
    this.shape = shape;
    this.held = tensor;
  }

  /**
   * @internal The runtime's tensor, whose shape may be another one of as many elements.
   *
   * @throws Error if the array has been released: the runtime would read memory that is no longer there
   */
  get tensor(): RuntimeTensor {
    if (this.held === undefined) {
      throw new Error(`an array of the device '${this.device}' is used after its release`);
    }
    return this.held;
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
  }
}
