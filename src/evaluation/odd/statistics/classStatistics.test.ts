// The statistics of classes, from likelihoods by hand.
import { describe, expect, it } from 'vitest';
import type { FlowModel } from '../../../trained/model/flowModel.ts';
import { classStatistics } from './classStatistics.ts';

/** Two values per image: 2·ln 2 nats are 1 bit/dim. */
const model = { model: { imageShape: [1, 1, 2] } } as unknown as FlowModel;
const bits = Math.LN2;
const likelihoods = {
  classes: 3,
  // Two images, two draws: means of −4, −2 and −6 bits, and of −1, −9 and −3.
  draws: [
    Float64Array.of(-5, -2, -6, -1, -9, -2).map((value) => value * bits),
    Float64Array.of(-3, -2, -6, -1, -9, -4).map((value) => value * bits),
  ],
};

describe('class statistics', () => {
  it('are the bits/dim under the best class, and by how much it beats the label', () => {
    const labels = { classes: ['a', 'b', 'c'], classOf: (image: number) => [0, 0][image]! };
    const { bestClass, labelMargin } = classStatistics(model, likelihoods, labels);
    expect([...bestClass].map((value) => Number(value.toFixed(9)))).toEqual([1, 0.5]);
    // The first image is likelier of class b by 2 bits, the second of its own class by 2 bits.
    expect([...labelMargin!].map((value) => Number(value.toFixed(9)))).toEqual([2, -2]);
  });
});
