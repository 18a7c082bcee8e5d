import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../core/numeric/random.ts';
import { encodePng } from './encodePng.node.ts';
import { encodePng as encodePngInPages } from './encodePng.web.ts';

/** A picture of noisy waves, with each of its pixels as a square of this side. */
function enlargedWaves(width: number, height: number, channels: number, side: number) {
  const stream = new RandomStream(3, 'pixels');
  const small = Uint8Array.from({ length: width * height * channels }, (_, index) => {
    const [row, column] = [Math.floor(index / channels / width), Math.floor(index / channels) % width];
    return 120 + 100 * Math.sin(row / 5 + (index % channels)) * Math.cos(column / 4) + stream.integer(16);
  });
  const data = Uint8Array.from({ length: small.length * side * side }, (_, index) => {
    const pixel = Math.floor(index / channels);
    const [row, column] = [Math.floor(pixel / (width * side)), pixel % (width * side)];
    return small[
      (Math.floor(row / side) * width + Math.floor(column / side)) * channels + (index % channels)
    ]!;
  });
  return { width: width * side, height: height * side, channels, data };
}

describe('encodePng', () => {
  it.each([1, 2, 3, 4])('keeps every value of %i channels', (channels) => {
    for (const picture of [
      enlargedWaves(1, 1, channels, 1),
      enlargedWaves(9, 7, channels, 1),
      enlargedWaves(40, 30, channels, 3),
    ]) {
      const {
        width,
        height,
        depth,
        data,
        channels: decoded,
      } = decode(encodePng(picture), { checkCrc: true });
      expect({ width, height, channels: decoded, data }).toEqual(picture);
      expect(depth).toBe(8);
    }
  });

  it('writes files no larger than those of pages', () => {
    const lines = new Uint8Array(100 * 100).map((_, index) =>
      index % 7 === 0 || index % 100 < 3 ? 40 : 255,
    );
    for (const picture of [
      enlargedWaves(32, 32, 3, 1),
      enlargedWaves(32, 32, 3, 2),
      enlargedWaves(32, 32, 1, 4),
      { width: 100, height: 100, channels: 1, data: lines },
    ]) {
      expect(encodePng(picture).length).toBeLessThanOrEqual(encodePngInPages(picture).length);
    }
  });
});
