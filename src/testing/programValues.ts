// Arrays as tensors of a program, and what it computes from them; runs in a page too.
import { countElements, type NdArray } from '../core/numeric/arrays.ts';
import { RandomStream } from '../core/numeric/random.ts';
import type { Bijection } from '../flows/contract/bijection.ts';
import { parametersFrom } from '../flows/contract/parameters.ts';
import { type Device, defaultDevice } from '../tensor/engine/devices/device.ts';
import { compile, compilePrepared } from '../tensor/engine/program.ts';
import { releaseAfter } from '../tensor/engine/resources.ts';
import { constant, input, type Precision, type ProgramDefinition, type Tensor } from '../tensor/tensor.ts';

type Arrays = Readonly<Record<string, NdArray>>;

/** Normal numbers, others for another name. */
export function normalArray(name: string, shape: readonly number[], deviation = 1): NdArray {
  const numbers = new RandomStream(1, name).normals(countElements(shape));
  return { shape, data: numbers.map((value) => deviation * value) };
}

/** Input tensors for arrays or parameters, by name. */
export function asInputs(arrays: Record<string, { shape: readonly number[] }>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(arrays).map(([name, { shape }]) => [name, input(name, shape)]));
}

/** Constant tensors for arrays, by name. */
export function asConstants(arrays: Arrays): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, constant(array)]));
}

/** The outputs of a program for inputs by name. */
export function runOnce(
  definition: ProgramDefinition,
  inputs: Arrays,
  precision: Precision,
  device: Device = defaultDevice,
): Promise<Record<string, NdArray>> {
  return releaseAfter(async (keep) => keep(await compile(definition, { precision, device })).run(inputs));
}

/** The outputs of a program that is already prepared, for whatever device, in float64. */
export function runPrepared(prepared: ProgramDefinition, inputs: Arrays): Promise<Record<string, NdArray>> {
  return releaseAfter(async (keep) =>
    keep(await compilePrepared(prepared, { precision: 'float64' })).run(inputs),
  );
}

/** The output of a layer for images, in float64. */
export async function applyLayer(
  layer: Bijection,
  parameters: Arrays,
  images: NdArray,
): Promise<{ readonly y: NdArray['data']; readonly logDet: NdArray['data'] }> {
  const { y, logDet } = layer.forward(constant(images), parametersFrom(asConstants(parameters)));
  const results = await runOnce({ inputs: {}, outputs: { y, logDet } }, {}, 'float64');
  return { y: results.y!.data, logDet: results.logDet!.data };
}
