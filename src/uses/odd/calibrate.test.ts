// p-values of scores: by hand, and uniform for images from the same source.
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../core/numeric/random.ts';
import type { ImageStatistics } from '../../model/referenceScores.ts';
import { fitted, statisticsAt } from './calibrate.ts';
import { uniformity } from './kolmogorovSmirnov.ts';
import { ninthNames } from './statistics/imageStatistics.ts';

/** Images with correlated statistics. */
function images(count: number, seed: number): ImageStatistics {
  const random = new RandomStream(seed);
  const each = Array.from({ length: count }, () => {
    const bits = random.normal();
    return {
      bits,
      'latents 0': bits + random.normal(),
      'logDet 0': random.normal() ** 2,
      code: 2 * bits + random.normal(),
      contrast: 50 + 10 * random.normal(),
      noise: random.normal() ** 2,
      sharpness: 0.5 + 0.1 * random.normal(),
      greyLevels: 50 + random.integer(50),
      direction: random.normal(),
      colour: 10 + random.normal(),
    };
  });
  const names = Object.keys(each[0]!) as (keyof (typeof each)[number])[];
  return Object.fromEntries(names.map((name) => [name, each.map((image) => image[name])]));
}

describe('p-values', () => {
  it('are the share of reference images at least as odd, the image itself counted', () => {
    const reference = { bits: [1, 2, 3], code: [0, 0, 0] };
    const fit = fitted('complexity', reference);
    expect([...fit.reference!]).toEqual([1, 2, 3]);
    const { pValues } = fit.judge({
      bits: [0, 1, 2.5, 4, Number.POSITIVE_INFINITY],
      code: [0, 0, 0, 0, 0],
    });
    expect([...pValues!]).toEqual([1, 1, 0.5, 0.25, 0.25]);
  });

  it('are unknown without the statistics of the reference', () => {
    const fit = fitted('best-class', { bits: [1, 2] });
    expect(fit.judge({ bits: [1], bestClass: [0] }).pValues).toBeUndefined();
  });

  it('are of a copy of a reference image with its own label, which may be another one', () => {
    const each = [1, 2, 3, 4];
    const pixels = Object.fromEntries(ninthNames.map((name) => [name, each]));
    const reference = { ...pixels, bits: each, labelMargin: [-50, -60, -70, -80] };
    const relabelled = statisticsAt({ ...reference, labelMargin: [-50, 30, -70, -80] }, [1]);
    const { values, pValues } = fitted('label', reference).judge(relabelled);
    expect([...values]).toEqual([30]);
    // Its former self does not count.
    expect([...pValues!]).toEqual([1 / 4]);
  });

  it('take what is not a number for the oddest of all', () => {
    const fit = fitted('complexity', { bits: [1, 2, 3], code: [0, 0, 0] });
    expect([...fit.judge({ bits: [Number.NaN], code: [1] }).values]).toEqual([Number.POSITIVE_INFINITY]);
  });

  it.each(['bits', 'complexity', 'typicality'] as const)('of %s are uniform on unseen images', (name) => {
    // Few images, many statistics: a fit judged on its own images would be far too optimistic.
    const fit = fitted(name, images(60, 1));
    const p = fit.judge(images(3000, 2)).pValues!;
    expect(p.filter((value) => value <= 0.1).length / 3000).toBeLessThan(0.2);
    const large = fitted(name, images(1500, 3));
    expect(uniformity(large.judge(images(300, 4)).pValues!)).toBeGreaterThan(0.01);
  });
});
