// Which differences between a device and the CPU rounding explains.
import { describe, expect, it } from 'vitest';
import { bitsPerDimUnit, resultUnit } from '../../flows/models/unit.ts';
import type { PartResults } from '../step/trainer.ts';
import { differenceText } from './cpuComparison.ts';

const results = (bitsPerDim: number[], ...gradients: number[][]): PartResults => ({
  bitsPerDim: Float32Array.from(bitsPerDim),
  gradients: Object.fromEntries(
    gradients.map((data, index) => [`g${index}`, { shape: [data.length], data: Float32Array.from(data) }]),
  ),
});
const cpu = results([3, 0.5, 40], [3, 0], [-4]);
const comparisonText = (partResults: PartResults, expected = cpu) =>
  differenceText(partResults, expected, bitsPerDimUnit);

describe('a difference between a device and the CPU', () => {
  it('is none if rounding explains it', () => {
    expect(comparisonText(cpu)).toBeNull();
    expect(comparisonText(results([3.002, 0.4995, 39.97], [3.1, 0.1], [-3.9]))).toBeNull();
  });

  it.each<[PartResults, string]>([
    [results([3, 0.502, 40], [3, 0], [-4]), '0.502000 instead of 0.500000 bits/dim for an image'],
    [results([3.004, 0.5, 40], [3, 0], [-4]), '3.00400 instead of 3.00000 bits/dim for an image'],
    [results([3, 0.5, Number.NaN], [3, 0], [-4]), 'NaN instead of 40.0000 bits/dim for an image'],
    [results([3, 0.5, 40], [3.3, 0], [-4]), 'gradients that differ by 6 % of their norm'],
    // The same norm, in another place.
    [results([3, 0.5, 40], [0, 3], [-4]), 'gradients that differ by 85 % of their norm'],
    [results([3, 0.5, 40], [3, 0], [Number.NaN]), 'gradients that differ by NaN % of their norm'],
    [results([3, 0.5, 40], [0, 0], [0]), 'gradients that differ by 100 % of their norm'],
  ])('is told if it is larger (%#)', (partResults, text) => {
    expect(comparisonText(partResults)).toBe(text);
  });

  it('is in the unit of the model', () => {
    const partResults = results([2, 0.5, 40], [3, 0], [-4]);
    expect(differenceText(partResults, cpu, resultUnit({ continuous: { mean: [0], deviation: [1] } }))).toBe(
      '1.38629 instead of 2.07944 nats/value for an image',
    );
  });

  it('is for the guard if the CPU computes nothing finite', () => {
    expect(
      comparisonText(results([1, 1, 1], [1, 1], [1]), results([3, Number.NaN, 4], [3, 0], [-4])),
    ).toBeNull();
    expect(
      comparisonText(
        results([1, 1, 1], [1, 1], [1]),
        results([1, 1, 1], [Number.POSITIVE_INFINITY, 0], [-4]),
      ),
    ).toBeNull();
  });
});
