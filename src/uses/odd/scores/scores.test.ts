// The scores, each on statistics whose order is known.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../core/numeric/random.ts';
import type { ImageStatistics } from '../../../model/referenceScores.ts';
import { computableFrom, scores } from './index.ts';

const fitted = (name: string, reference: ImageStatistics) => scores.find(name).build({})(reference);

describe('bits', () => {
  const fit = fitted('bits', { bits: [4, 1, 3, 2] });
  const values = (...bitCounts: number[]) => Array.from(fit({ bits: bitCounts }));
  const order = (...bitCounts: number[]) =>
    values(...bitCounts)
      .map((value, index) => ({ value, index }))
      .sort((a, b) => b.value - a.value || a.index - b.index)
      .map(({ index }) => index);

  it('counts percentiles from both ends, and beyond all images the distance from the median', () => {
    // The median is 2.5, the mean distance from it 1.
    expect(values(1.5, 2, 4, 0.5, 6.5)).toEqual([0.5, 0.5, 0.5, 3, 5]);
    expect(order(2.5, 9, 0.9, -20, 1.5)).toEqual([3, 1, 2, 4, 0]);
  });

  it('has a scale for equal reference images', () => {
    expect(Array.from(fitted('bits', { bits: [2, 2, 2] })({ bits: [2, 5] }))).toEqual([1, 4]);
  });
});

describe('complexity', () => {
  it('is bits/dim minus a coder’s', () => {
    const images = { bits: [3, 1], code: [1, 2] };
    expect(Array.from(fitted('complexity', {})(images))).toEqual([2, -1]);
  });
});

describe('typicality', () => {
  const random = new RandomStream(0);
  const normals = Array.from(random.normals(400));
  // Code lengths follow the latents closely, except for what is odd.
  const reference = {
    bits: normals,
    'latents 0': normals,
    code: normals.map((value) => 5 + 2 * value + 0.1 * random.normal()),
    'ninth 0': normals.map(() => 100 + 10 * random.normal()),
    contrast: normals.map(() => 50 + 5 * random.normal()),
    noise: normals.map(() => 4 + 0.5 * random.normal()),
    sharpness: normals.map(() => 0.4 + 0.02 * random.normal()),
    greyLevels: normals.map(() => 90 + random.integer(20)),
    direction: normals.map(() => 0.2 * random.normal()),
    colour: normals.map(() => 20 + 2 * random.normal()),
  };
  /** Images that are typical in all that isn't given. */
  const images = (statistics: Record<string, number[]>) => {
    const { length } = Object.values(statistics)[0]!;
    const typicalValues = {
      'latents 0': 0,
      code: 5,
      'ninth 0': 100,
      contrast: 50,
      noise: 4,
      sharpness: 0.4,
      greyLevels: 100,
      direction: 0,
      colour: 20,
    };
    const typical = Object.entries(typicalValues).map(([name, value]) => [
      name,
      new Array<number>(length).fill(value),
    ]);
    return { ...Object.fromEntries(typical), ...statistics } as Record<string, number[]>;
  };
  const scored = (statistics: Record<string, number[]>) =>
    Array.from(fitted('typicality', reference)(images(statistics)));

  it('finds combinations that are odd though each number is common, at both ends', () => {
    const [typical, apart, high, low] = scored({
      'latents 0': [0.5, 0.5, 4, -4],
      code: [6, 3, 13, -3],
    }) as [number, number, number, number];
    expect(apart).toBeGreaterThan(typical + 8);
    expect(high).toBeGreaterThan(typical + 5);
    expect(low).toBeGreaterThan(typical + 5);
  });

  it('finds each change of the pixels that the likelihood misses, at both ends', () => {
    const [typical] = scored({ noise: [4] });
    for (const [name, values] of Object.entries({
      'ninth 0': [40, 160],
      contrast: [25, 80],
      noise: [1, 9],
      sharpness: [0.3, 0.55],
      greyLevels: [50, 200],
      direction: [-2, 2],
      colour: [5, 60],
    })) {
      for (const value of scored({ [name]: values })) {
        expect(value, name).toBeGreaterThan(typical! + 5);
      }
    }
  });

  it('refuses a reference with statistics that images lack', () => {
    const score = fitted('typicality', { ...reference, 'latents 7': normals });
    expect(() => score(images({ code: [1] }))).toThrow(
      "the reference has statistics of another model ('latents 7'): measure it again with measureReference()",
    );
  });

  it('does not depend on the units of the likelihood', () => {
    const examples = images({ 'latents 0': [0.5, -1, 2], code: [6, 4, 8] });
    const scaled = (statistics: Record<string, number[]>) => ({
      ...statistics,
      code: statistics.code!.map((value) => 1000 * value - 7),
    });
    const plainScores = Array.from(fitted('typicality', reference)(examples));
    const scaledScores = fitted('typicality', scaled(reference))(scaled(examples));
    plainScores.forEach((value, index) => {
      expect(scaledScores[index]).toBeCloseTo(value, 6);
    });
  });
});

describe('what can be computed', () => {
  it('depends on the statistics of the images', () => {
    const pixels = {
      contrast: [1],
      noise: [1],
      sharpness: [1],
      greyLevels: [1],
      direction: [0],
      colour: [1],
    };
    const images = { bits: [1], code: [1], 'latents 0': [1], ...pixels };
    expect(computableFrom(images)).toEqual(['bits', 'complexity', 'typicality']);
    expect(computableFrom({ bits: [1], code: [1] })).toEqual(['bits', 'complexity']);
    const more = { ...images, bestClass: [1], labelMargin: [1] };
    expect(computableFrom(more)).toEqual(['bits', 'complexity', 'typicality', 'best-class', 'label']);
  });
});

it('each have a row in docs/odd.md, in order', () => {
  const rows = readFileSync('docs/odd.md', 'utf8').matchAll(/^\| `([\w-]+)` \|/gm);
  expect([...rows].map(([, name]) => name)).toEqual(scores.names);
});
