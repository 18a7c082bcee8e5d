// Images with the batch last on a CPU: the same values as with the batch first, and no transposition between convolutions.

import { describe, expect, it } from 'vitest';
import type { NdArray } from '../../../core/numeric/arrays.ts';
import { expectClose } from '../../../testing/golden.ts';
import { normalArray, runOnce, runPrepared } from '../../../testing/programValues.ts';
import { gradients } from '../../gradients/gradient.ts';
import { squareOffsets } from '../../operations/convolution.ts';
import * as op from '../../operations/index.ts';
import {
  constant,
  input,
  listTensors,
  OPEN_BATCH,
  type ProgramDefinition,
  type Tensor,
} from '../../tensor.ts';
import { prepare } from './prepare.ts';

const IMAGES = 5;
const SHAPE = [4, 6, 4];

const createArray = (name: string, shape: readonly number[]): NdArray => normalArray(name, shape, 0.3);
const weights = (name: string, ...shape: number[]): Tensor => constant(createArray(name, shape));
const mixed = (x: Tensor, name: string): Tensor =>
  op.convolution(x, weights(name, 9, x.shape[3]!, 4), { offsets: squareOffsets(3) });

/** How many tensors of a program are transposed images: nothing else has an axis of so many. */
function transpositions(definition: ProgramDefinition): number {
  return listTensors(prepare(definition)).filter(
    ({ operation, shape }) =>
      ['transpose', 'batchFirst', 'batchLast'].includes(operation.name) && shape.includes(IMAGES),
  ).length;
}

/** What may lie between two convolutions, and how many transpositions remain between them. */
const between: Record<string, [build: (x: Tensor) => Tensor, left: number]> = {
  nothing: [(x) => x, 0],
  'elementwise functions': [(x) => op.sigmoid(op.multiply(op.add(x, weights('v', 4)), 0.5)), 0],
  'an operand of lower rank': [(x) => op.add(x, weights('h', 6, 4)), 0],
  'an operand with axes of length 1': [(x) => op.multiply(x, weights('r', 4, 1, 1)), 0],
  'a tensor and its function': [(x) => op.divide(x, op.add(op.abs(x), 1)), 0],
  halves: [
    (x) => {
      const [a, b] = op.split(x, 3, [2, 2]);
      return op.concatenate([op.exp(b), a], 3);
    },
    0,
  ],
  'a flip': [(x) => op.flip(op.flip(x, 1), 2), 0],
  'a padding': [(x) => op.pad(x, 2, 1, 0), 0],
  'a checkpoint': [(x) => op.checkpoint(op.remember(x)), 0],
  'a sum over channels': [(x) => op.multiply(x, op.reshape(op.sum(x, [3]), [...x.shape.slice(0, 3), 1])), 0],
  'a sum over pixels': [(x) => op.add(x, op.reshape(op.sum(x, [1, 2]), [x.shape[0]!, 1, 1, 4])), 2],
  'the mean over the batch': [(x) => op.subtract(x, op.divide(op.sum(x, [0]), 5)), 0],
  'its axes in another order': [
    (x) => {
      const turned = op.transpose(x, [0, 2, 1, 3]);
      return op.subtract(turned, op.divide(op.sum(turned, [0]), 5));
    },
    1,
  ],
  'squares of pixels as channels': [
    (x) => {
      const blocks = op.reshape(x, [x.shape[0]!, 2, 2, 3, 2, 4]);
      return op.reshape(op.transpose(blocks, [0, 1, 3, 5, 2, 4]), [x.shape[0]!, 2, 3, 16]);
    },
    1,
  ],
  'rows of pixels as channels': [(x) => op.reshape(x, [x.shape[0]!, 4, 1, 24]), 1],
};

describe.each(Object.entries(between))('between two convolutions: %s', (_, [build, transpositionCount]) => {
  const createProgram = (batch: number): ProgramDefinition => {
    const x = input('x', [batch, ...SHAPE]);
    return { inputs: { x }, outputs: { y: mixed(build(mixed(x, 'first')), 'second') } };
  };

  it('leaves no more transpositions than it has to', () => {
    // One of the input, one of the result.
    expect(transpositions(createProgram(IMAGES))).toBe(2 + transpositionCount);
  });

  it('yields the values and gradients that the batch first yields', async () => {
    const x = createArray('x', [IMAGES, ...SHAPE]);
    const { inputs, outputs } = createProgram(IMAGES);
    const [gradient] = gradients(op.sum(op.multiply(outputs.y!, outputs.y!)), [inputs.x!], constant(1));
    const definition = { inputs, outputs: { ...outputs, gradient: gradient! } };
    const results = await Promise.all(
      (['cpu', 'webgpu'] as const).map((device) => runPrepared(prepare(definition, { device }), { x })),
    );
    for (const [name, { data }] of Object.entries(results[1]!)) {
      expectClose(name, results[0]![name]!.data, data, 'float64');
    }
  });

  it('takes an open batch', async () => {
    const x = createArray('x', [IMAGES, ...SHAPE]);
    const [closed, open] = await Promise.all(
      [IMAGES, OPEN_BATCH].map((batch) => runOnce(createProgram(batch), { x }, 'float64')),
    );
    expect(open!.y!.shape).toEqual(closed!.y!.shape);
    expectClose('y', open!.y!.data, closed!.y!.data, 'float64');
  });
});

describe('a tensor between two convolutions', () => {
  const x = input('x', [IMAGES, ...SHAPE]);
  const middle = mixed(x, 'first');
  const y = mixed(middle, 'second');
  const values = createArray('x', x.shape);
  const run = (definition: ProgramDefinition, arrays: Record<string, NdArray>) =>
    runOnce(definition, arrays, 'float64');

  it('has a gradient', async () => {
    const [gradient] = gradients(op.sum(y), [middle], constant(1));
    const { found: convolutionGradient } = await run(
      { inputs: { x }, outputs: { found: gradient! } },
      { x: values },
    );
    // The sum of y is linear in what its convolution is given.
    const middleInput = input('given', middle.shape);
    const [expected] = gradients(op.sum(mixed(middleInput, 'second')), [middleInput], constant(1));
    const outputs = { expected: expected! };
    const result = await run(
      { inputs: { given: middleInput }, outputs },
      { given: createArray('given', middle.shape) },
    );
    expect(Math.max(...result.expected!.data.map(Math.abs))).toBeGreaterThan(0.1);
    expectClose('gradient', convolutionGradient!.data, result.expected!.data, 'float64');
  });

  it('is not computed if it is given', async () => {
    const middleValues = createArray('given', middle.shape);
    const complete = await run(
      { inputs: { x, middle }, outputs: { y } },
      { x: values, middle: middleValues },
    );
    const alone = input('alone', middle.shape);
    const expected = await run(
      { inputs: { alone }, outputs: { y: mixed(alone, 'second') } },
      { alone: middleValues },
    );
    expectClose('y', complete.y!.data, expected.y!.data, 'float64');
  });
});
