// The recorded race: its sheet of samples, and the sentences that state its result.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { expect, it } from 'vitest';
import { findPreset } from '../../../../src/runs/settings/presets.ts';
import { describeLayers, describeResult, type Recording } from './recording.ts';

const folder = import.meta.dirname;
const recording: Recording = JSON.parse(readFileSync(join(folder, 'recording.json'), 'utf8'));
const numbersIn = (text: string): number[] =>
  [
    ...text
      .replace('1x1', '')
      .replaceAll(',', '')
      .matchAll(/\d+(\.\d+)?/g),
  ].map(([number]) => Number(number));

it('is small, and has a picture for every step of each model', () => {
  const { steps, mixings, samples, seeds, bitsPerDim } = recording;
  const sheet = readFileSync(join(folder, 'samples.png'));
  expect(sheet.length).toBeLessThan(100_000);
  const { width, height } = decode(sheet);
  const side = Math.sqrt(samples.count);
  expect([width, height]).toEqual([mixings.length * side * 28, steps.length * side * 28]);
  expect(steps.at(-1)).toBe(findPreset('paper-mnist-quickstart').config.training!.steps);
  expect(bitsPerDim.map((bySeed) => bySeed.map((bySteps) => bySteps.length))).toEqual(
    mixings.map(() => seeds.map(() => steps.length)),
  );
});

it('has the result that its sentences state', () => {
  const text = describeResult(recording);
  const { seeds, steps, bitsPerDim, images } = recording;
  const [mine, theirs] = bitsPerDim.map((bySeed) => bySeed.map((bySteps) => bySteps.at(-1)!)) as [
    number[],
    number[],
  ];
  const mean = (values: number[]): number =>
    Number((values.reduce((a, b) => a + b) / values.length).toFixed(3));
  const stated = numbersIn(text.split('). ')[0]!);
  expect(stated).toEqual([steps.at(-1), mean(mine), mean(theirs), images.validation, seeds.length]);
  const leads = theirs.map((bits, seed) => bits - mine[seed]!);
  const signs = new Set(leads.map(Math.sign));
  expect(text).toContain(signs.size > 1 ? 'Neither wins' : 'With each seed');
  if (signs.size === 1) {
    expect(text).toContain(`${describeLayers(recording.mixings[signs.has(1) ? 0 : 1]!)} need fewer bits, by`);
    const sizes = leads.map(Math.abs).sort((a, b) => a - b);
    expect(numbersIn(text).slice(-2)).toEqual(
      [sizes[0]!, sizes.at(-1)!].map((size) => Number(size.toFixed(3))),
    );
  }
});

it('says so if the other wins, or neither', () => {
  const ending = (mine: number[], theirs: number[]): string => {
    const bitsPerDim = [mine, theirs].map((bySeed) => bySeed.map((bits) => [9, bits]));
    return describeResult({ ...recording, steps: [1, 2], seeds: [0, 1], bitsPerDim }).split(
      'lower is better). ',
    )[1]!;
  };
  expect(ending([2, 2.1], [2.5, 2.2])).toBe(
    'With each seed, emerging convolutions need fewer bits, by 0.100 to 0.500.',
  );
  expect(ending([2.5, 2.2], [2, 2.1])).toBe(
    'With each seed, 1x1 convolutions need fewer bits, by 0.100 to 0.500.',
  );
  expect(ending([2.5, 2.1], [2, 2.2])).toBe(
    'Neither wins with every seed: emerging convolutions need fewer bits with 1 of 2, and the difference is between −0.100 and +0.500.',
  );
});
