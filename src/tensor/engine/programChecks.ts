// Checks the arrays passed to a program: none missing, right place, shape and precision.
import { countElements } from '../../core/numeric/index.ts';
import { type Precision, type ProgramDefinition, type Shape, showShape } from '../tensor.ts';
import { type AnyArray, DeviceArray, type ProgramArrays } from './arrays.ts';
import { holdsArrays } from './deviceMemory.ts';
import type { Device } from './devices/device.ts';

/** Throws if some outputs cannot stay on the device: it holds no arrays, or there are none of these names. */
export function requireOnDevice(
  onDevice: readonly string[],
  device: Device,
  { outputs }: ProgramDefinition,
): void {
  if (onDevice.length > 0 && !holdsArrays(device)) {
    throw new Error(`no output can stay on the device '${device}': it holds no arrays between runs`);
  }
  const unknown = onDevice.find((name) => !Object.hasOwn(outputs, name));
  if (unknown !== undefined) {
    throw new Error(`the program has no output '${unknown}' to stay on the device`);
  }
}

/** What the outputs of a program demand of the arrays that they are written to. */
interface Targets {
  readonly precision: Precision;
  readonly device: Device;
  /** The outputs that every run writes to arrays of the device. */
  readonly onDevice: readonly string[];
}

/** Throws unless the outputs may be written to these arrays. */
export function checkTargets(
  outputs: ProgramDefinition['outputs'],
  targets: Targets,
  into: ProgramArrays,
): void {
  const unknown = Object.keys(into).find((name) => !Object.hasOwn(outputs, name));
  if (unknown !== undefined) {
    throw new Error(`the program has no output '${unknown}'`);
  }
  const arrays = Object.values(into);
  if (new Set(arrays).size < arrays.length) {
    throw new Error('two outputs cannot be written to the same array');
  }
  for (const [name, { shape }] of Object.entries(outputs)) {
    checkTarget(name, shape, targets, into[name]);
  }
}

function checkTarget(
  name: string,
  shape: Shape,
  { precision, device, onDevice }: Targets,
  target: AnyArray | undefined,
): void {
  const stays = onDevice.includes(name);
  if (target instanceof DeviceArray) {
    if (!stays) {
      throw new Error(`the output '${name}' is copied to the host: it cannot be written to a device array`);
    }
    if (!fits(target.shape, shape)) {
      throw new Error(
        `the array for the output '${name}' must have shape ${showShape(shape)}, not ${showShape(target.shape)}`,
      );
    }
  } else if (stays) {
    throw new Error(`the output '${name}' stays on the device '${device}': give it an array there`);
  } else if (target && target.data instanceof Float32Array !== (precision === 'float32')) {
    throw new Error(`the array for the output '${name}' must be ${precision}`);
  }
}

/** Whether an array's shape is one that a tensor may have. */
function fits(actualShape: Shape, shape: Shape): boolean {
  return (
    actualShape.length === shape.length &&
    shape.every((length, axis) =>
      length < 0 ? actualShape[axis]! % -length === 0 : actualShape[axis] === length,
    )
  );
}

/** Throws unless every input is present and has its shape, and all agree on the size of the open batch. */
export function checkFeeds(inputs: ProgramDefinition['inputs'], feeds: ProgramArrays): void {
  let batch: { name: string; size: number } | undefined;
  for (const [name, { shape }] of Object.entries(inputs)) {
    const array = feeds[name];
    if (!array) {
      throw new Error(`the program's input '${name}' is missing`);
    }
    if (!fits(array.shape, shape)) {
      throw new Error(
        `the input '${name}' must have shape ${showShape(shape)}, not ${showShape(array.shape)}`,
      );
    }
    if (!(array instanceof DeviceArray) && array.data.length !== countElements(array.shape)) {
      throw new Error(
        `the input '${name}' has ${array.data.length} values for shape ${showShape(array.shape)}`,
      );
    }
    const open = shape.findIndex((length) => length < 0);
    if (open >= 0) {
      const size = array.shape[open]! / -shape[open]!;
      if (batch && batch.size !== size) {
        throw new Error(
          `the inputs '${batch.name}' and '${name}' have batch sizes ${batch.size} and ${size}`,
        );
      }
      batch ??= { name, size };
    }
  }
}
