// The memory of a device: arrays that stay there between the runs of programs.
import { countElements, type NdArray } from '../../core/numeric/index.ts';
import { input, OPEN_BATCH, showShape } from '../tensor.ts';
import { DeviceArray } from './arrays.ts';
import { type Device, deviceRecord, graphStyle } from './devices/device.ts';
import { lower } from './onnx/lower.ts';
import { releaseInTurn, releaseOnFailure } from './resources.ts';
import { createSession } from './runtime.node.ts';
import type { Session } from './session.ts';

/** Whether programs on a device can take and write arrays in its memory; elsewhere arrays are the host's. */
export function holdsArrays(device: Device): boolean {
  return deviceRecord(device).holdsArrays;
}

/**
 * Arrays in device memory. The runtime frees its device with the last session, and using an array after that crashes
 * the process. So this memory has its own sessions, which outlive its arrays.
 */
export class DeviceMemory {
  private readonly device: Device;
  /** Copies a vector to new memory on the device, or from there to the host. */
  private readonly up: Session;
  private readonly down: Session;
  private readonly arrays = new Set<DeviceArray>();
  private isReleased = false;

  private constructor(device: Device, up: Session, down: Session) {
    this.device = device;
    this.up = up;
    this.down = down;
  }

  /**
   * Opens the memory of a device.
   *
   * @throws UserError (`unsupported`) if the device does not work here; Error if it cannot hold arrays
   */
  static open(device: Device): Promise<DeviceMemory> {
    const style = graphStyle(device);
    if (!holdsArrays(device)) {
      throw new Error(`the device '${device}' holds no arrays between runs`);
    }
    const x = input('x', [OPEN_BATCH]);
    const model = lower({
      inputs: { x },
      outputs: { y: x },
      known: new Map(),
      precision: 'float32',
      style,
    });
    const options = { device, fallback: false, threads: 1 };
    return releaseOnFailure(async (keep) => {
      const up = keep(await createSession(model, { ...options, allocates: true }));
      return new DeviceMemory(device, up, await createSession(model, options));
    });
  }

  /** A new array with these values; by default zeros. */
  async allocate(
    shape: readonly number[],
    data: Float32Array = new Float32Array(countElements(shape)),
  ): Promise<DeviceArray> {
    const tensor = await this.copyUp(shape, data);
    const array = new DeviceArray(this.device, shape, tensor, (released) => this.arrays.delete(released));
    this.arrays.add(array);
    return array;
  }

  /** Replaces the contents of an array. */
  async write(array: DeviceArray, data: Float32Array): Promise<void> {
    array.requireHeld();
    array.replace(await this.copyUp(array.shape, data));
  }

  /** The contents of an array, after all runs so far. */
  async read(array: DeviceArray): Promise<NdArray> {
    const { shape } = array;
    const flat = new DeviceArray(this.device, [countElements(shape)], array.tensor);
    const { y } = await this.down.run({ x: flat });
    return { shape, data: y!.data };
  }

  /** Frees all arrays; using one of them afterwards is an error. A second time changes nothing. */
  async release(): Promise<void> {
    if (this.isReleased) {
      return;
    }
    this.isReleased = true;
    await releaseInTurn([...this.arrays, this.up, this.down]);
  }

  private copyUp(shape: readonly number[], data: Float32Array) {
    if (this.isReleased) {
      throw new Error(`the memory of the device '${this.device}' has been released`);
    }
    if (data.length !== countElements(shape)) {
      throw new Error(`${data.length} values for an array of shape ${showShape(shape)}`);
    }
    return this.up.runOnDevice({ x: { shape: [data.length], data } });
  }
}
