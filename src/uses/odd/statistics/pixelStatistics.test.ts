// The statistics of pixels follow the changes that they are to name.
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../core/numeric/random.ts';
import { measurePixelStatistics } from './pixelStatistics.ts';

const shape = [64, 64, 1] as const;
const random = new RandomStream(0);
const smooth = Uint8Array.from(
  { length: 4096 },
  (_, index) => 128 + 60 * Math.sin(Math.floor(index / 64) / 9) * Math.cos((index % 64) / 7),
);
const noisy = smooth.map((value) => Math.round(value + 10 * random.normal()));
const expectedStatistics = measurePixelStatistics(smooth, shape);

describe('pixel statistics', () => {
  it('measure brightness, contrast and grey levels', () => {
    const dark = measurePixelStatistics(
      smooth.map((value) => value / 2),
      shape,
    );
    expect(dark.brightness).toBeCloseTo(expectedStatistics.brightness / 2, 0);
    expect(dark.contrast).toBeCloseTo(expectedStatistics.contrast / 2, 0);
    expect(dark.greyLevels).toBeLessThan(expectedStatistics.greyLevels);
  });

  it('estimate the deviation of noise', () => {
    expect(expectedStatistics.noise).toBeLessThan(1);
    expect(measurePixelStatistics(noisy, shape).noise).toBeCloseTo(10, 0);
  });

  it('measure sharpness between a smooth image and noise', () => {
    expect(expectedStatistics.sharpness).toBeCloseTo(0.25, 1);
    const pure = Uint8Array.from({ length: 4096 }, () => random.integer(256));
    expect(measurePixelStatistics(pure, shape).sharpness).toBeCloseTo(1, 1);
    expect(measurePixelStatistics(noisy, shape).sharpness).toBeGreaterThan(expectedStatistics.sharpness);
  });

  it('tell horizontal edges from vertical ones, and flat images from both', () => {
    const stripes = Uint8Array.from({ length: 4096 }, (_, pixel) =>
      Math.floor(pixel / 64) % 8 < 4 ? 40 : 200,
    );
    const turned = stripes.map((_, pixel) => stripes[(pixel % 64) * 64 + Math.floor(pixel / 64)]!);
    expect(measurePixelStatistics(stripes, shape).direction).toBeGreaterThan(3);
    expect(measurePixelStatistics(turned, shape).direction).toBeCloseTo(
      -measurePixelStatistics(stripes, shape).direction,
      6,
    );
    const half = stripes.map((value) => value / 2);
    expect(measurePixelStatistics(half, shape).direction).toBeCloseTo(
      measurePixelStatistics(stripes, shape).direction,
      6,
    );
    expect(measurePixelStatistics(new Uint8Array(4096).fill(9), shape).direction).toBe(0);
    expect(expectedStatistics.direction).toBeCloseTo(0, 0);
  });

  it('measure colour', () => {
    expect(expectedStatistics.colour).toBe(0);
    expect(measurePixelStatistics(Uint8Array.of(10, 30, 20, 7, 7, 7), [1, 2, 3]).colour).toBe(10);
  });

  it('average channels, and are defined for images too small for a filter', () => {
    expect(measurePixelStatistics(Uint8Array.of(0, 60, 240), [1, 1, 3])).toEqual({
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
