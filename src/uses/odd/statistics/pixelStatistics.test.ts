// The statistics of pixels follow the changes that they are to name.
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../core/numeric/random.ts';
import { pixelStatisticsOf } from './pixelStatistics.ts';

const shape = [64, 64, 1] as const;
const random = new RandomStream(0);
const smooth = Uint8Array.from(
  { length: 4096 },
  (_, at) => 128 + 60 * Math.sin(Math.floor(at / 64) / 9) * Math.cos((at % 64) / 7),
);
const noisy = smooth.map((value) => Math.round(value + 10 * random.normal()));
const own = pixelStatisticsOf(smooth, shape);

describe('pixel statistics', () => {
  it('measure brightness, contrast and grey levels', () => {
    const dark = pixelStatisticsOf(
      smooth.map((value) => value / 2),
      shape,
    );
    expect(dark.brightness).toBeCloseTo(own.brightness / 2, 0);
    expect(dark.contrast).toBeCloseTo(own.contrast / 2, 0);
    expect(dark.greyLevels).toBeLessThan(own.greyLevels);
  });

  it('estimate the deviation of noise', () => {
    expect(own.noise).toBeLessThan(1);
    expect(pixelStatisticsOf(noisy, shape).noise).toBeCloseTo(10, 0);
  });

  it('measure sharpness between a smooth image and noise', () => {
    expect(own.sharpness).toBeCloseTo(0.25, 1);
    const pure = Uint8Array.from({ length: 4096 }, () => random.integer(256));
    expect(pixelStatisticsOf(pure, shape).sharpness).toBeCloseTo(1, 1);
    expect(pixelStatisticsOf(noisy, shape).sharpness).toBeGreaterThan(own.sharpness);
  });

  it('tell horizontal edges from vertical ones, and flat images from both', () => {
    const stripes = Uint8Array.from({ length: 4096 }, (_, at) => (Math.floor(at / 64) % 8 < 4 ? 40 : 200));
    const turned = stripes.map((_, at) => stripes[(at % 64) * 64 + Math.floor(at / 64)]!);
    expect(pixelStatisticsOf(stripes, shape).direction).toBeGreaterThan(3);
    expect(pixelStatisticsOf(turned, shape).direction).toBeCloseTo(
      -pixelStatisticsOf(stripes, shape).direction,
      6,
    );
    const half = stripes.map((value) => value / 2);
    expect(pixelStatisticsOf(half, shape).direction).toBeCloseTo(
      pixelStatisticsOf(stripes, shape).direction,
      6,
    );
    expect(pixelStatisticsOf(new Uint8Array(4096).fill(9), shape).direction).toBe(0);
    expect(own.direction).toBeCloseTo(0, 0);
  });

  it('measure colour', () => {
    expect(own.colour).toBe(0);
    expect(pixelStatisticsOf(Uint8Array.of(10, 30, 20, 7, 7, 7), [1, 2, 3]).colour).toBe(10);
  });

  it('average channels, and are defined for images too small for a filter', () => {
    expect(pixelStatisticsOf(Uint8Array.of(0, 60, 240), [1, 1, 3])).toEqual({
      brightness: 100,
      contrast: 0,
      noise: 0,
      sharpness: 0,
      greyLevels: 3,
      direction: 0,
      colour: 240,
    });
  });
});
