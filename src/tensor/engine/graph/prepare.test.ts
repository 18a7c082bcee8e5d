// A model prepared for every graph style: the same values, and no operation left that a device lacks.

import { describe, expect, it } from 'vitest';
import type { NdArray } from '../../../core/numeric/arrays.ts';
import { parametersFrom } from '../../../flows/contract/parameters.ts';
import { buildCoupling } from '../../../flows/models/partRegistries.ts';
import { expectClose } from '../../../testing/golden.ts';
import { asInputs, normalArray, runPrepared } from '../../../testing/programValues.ts';
import { gradients } from '../../gradients/gradient.ts';
import * as op from '../../operations/index.ts';
import { constant, input, listTensors, type ProgramDefinition } from '../../tensor.ts';
import { type Device, devices, graphStyle } from '../devices/device.ts';
import { compile } from '../program.ts';
import { prepare } from './prepare.ts';

const [SIZE, CHANNELS, WIDTH] = [32, 4, 512];

/** A device of each graph style: nothing else of a device matters here. */
const styles = devices.filter(
  (device, index) => devices.findIndex((candidate) => graphStyle(candidate) === graphStyle(device)) === index,
);

/** Enough for several blocks on a CPU, of whole images or not. */
const batches = [3, 4] as const;

const layer = buildCoupling([SIZE, SIZE, CHANNELS], { conditioner: { width: WIDTH } });
const createArrays = (images: number): Record<string, NdArray> =>
  Object.fromEntries(
    Object.entries({ x: { shape: [images, SIZE, SIZE, CHANNELS] }, ...layer.parameters }).map(
      ([name, { shape }]) => [name, normalArray(name, shape, 0.05)],
    ),
  );

/** A coupling and, on request, the gradients of Σ y + Σ ln|det|. */
function couplingProgram(images: number, differentiated: boolean): ProgramDefinition {
  const inputs = asInputs(createArrays(images));
  const { y, logDet } = layer.forward(inputs.x!, parametersFrom(inputs));
  const loss = op.add(op.sum(y), op.sum(logDet));
  const parameterGradients = gradients(loss, Object.values(inputs), constant(1));
  const named = Object.keys(inputs).map((name, index) => [`gradient of ${name}`, parameterGradients[index]!]);
  return { inputs, outputs: { y, logDet, ...(differentiated && Object.fromEntries(named)) } };
}

const names = (definition: ProgramDefinition): string[] =>
  listTensors(definition).map(({ operation }) => operation.name);

describe.each(styles)('%s', (device) => {
  it.each(batches)('leaves no composite operation and no gradient request, for %i images', (images) => {
    const prepared = prepare(couplingProgram(images, true), { device });
    expect(listTensors(prepared).filter(({ operation }) => operation.composite)).toEqual([]);
    expect(names(prepared)).not.toContain('total');
  });
});

it.each(batches)('all compute the same values and gradients, for %i images', async (images) => {
  const valuesOn = async (device: Device) => {
    const prepared = prepare(couplingProgram(images, true), { device });
    return runPrepared(prepared, createArrays(images));
  };
  const [cpu, ...others] = styles;
  const expected = await valuesOn(cpu!);
  for (const device of others) {
    const values = await valuesOn(device);
    for (const [name, { data }] of Object.entries(expected)) {
      expectClose(`${name} on ${device}`, values[name]!.data, data, 'float64');
    }
  }
});

describe.each(styles)('%s: a tensor in the middle of a graph', (device) => {
  const [x, y] = [input('x', [6]), input('y', [6])];
  // An elementwise function of a reshape is computed before the reshape.
  const middle = op.reshape(op.exp(x), [2, 3]);
  const result = op.relu(op.multiply(middle, op.reshape(y, [2, 3])));
  const values = { shape: [6], data: Float64Array.of(1, 2, 3, 4, 5, 6) };
  const run = async (definition: ProgramDefinition, feeds: Record<string, NdArray>) => {
    const outputs = await runPrepared(prepare(definition, { device }), feeds);
    return [...outputs.result!.data];
  };

  it('has the values that are given for it', async () => {
    const middleValues = { shape: [2, 3], data: values.data };
    const feeds = { y: values, middle: middleValues };
    expect(await run({ inputs: { y, middle }, outputs: { result } }, feeds)).toEqual([1, 4, 9, 16, 25, 36]);
  });

  it('has the gradient that is asked with respect to it', async () => {
    const [gradient] = gradients(op.sum(result), [middle], constant(1));
    const definition = { inputs: { x, y }, outputs: { result: gradient! } };
    expect(await run(definition, { x: values, y: values })).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

it.each(batches)('splits wide networks into blocks on a CPU only, for %i images', (images) => {
  const rectified = (device: Device) =>
    names(prepare(couplingProgram(images, false), { device })).filter((name) => name === 'relu').length;
  expect(rectified('cpu')).toBeGreaterThan(rectified('webgpu'));
});

it.each(batches)(
  'computes a forward pass as within a program with gradients, bit for bit, for %i images',
  async (images) => {
    const run = async (definition: ProgramDefinition) => {
      const program = await compile(definition, { threads: 1 });
      const values = await program.run(createArrays(images));
      await program.release();
      return values.y!.data;
    };
    expect(await run(couplingProgram(images, false))).toEqual(await run(couplingProgram(images, true)));
  },
);

it.each(['wavefront', 'sequential'] as const)('leaves corner convolutions to the host: %s', (inverse) => {
  const [y, kernel] = [input('y', [2, 5, 4, 3]), input('kernel', [2, 2, 3, 3])];
  const definition = { inputs: { y, kernel }, outputs: { x: op.solveCorner(y, kernel, { dilation: 2 }) } };
  expect(names(prepare(definition, { inverse })).includes('solveCorner')).toBe(inverse === 'sequential');
});

it('hoists what a fixed-point iteration uses other than its argument', () => {
  const [x, kernel] = [input('x', [1, 3, 3, 4]), input('kernel', [9, 4, 2])];
  const widened = input('wide', [9, 2, 4]);
  const y = op.fixedPoint(x, 5, (state) =>
    op.convolution(op.relu(op.convolution(state, kernel, { offsets: op.squareOffsets(3) })), widened, {
      offsets: op.squareOffsets(3),
    }),
  );
  const prepared = prepare({ inputs: { x, kernel, wide: widened }, outputs: { y } });
  const outside = listTensors(prepared).filter(({ operation }) => operation.name === 'reshape');
  expect(outside.length).toBeGreaterThanOrEqual(2);
});
