import { expect, it } from 'vitest';
import { RandomStream } from '../../core/numeric/random.ts';
import { pixelDeviation } from './deviation.ts';

it('is the deviation from the mean of each channel', () => {
  expect(pixelDeviation(Uint8Array.of(1, 200, 3, 1, 200, 3), 3)).toBe(0);
  expect(pixelDeviation(Uint8Array.of(1, 200, 1, 200), 1)).toBe(99.5);
  expect(pixelDeviation(Uint8Array.of(255, 255, 255, 254), 1)).toBeCloseTo(Math.sqrt(3) / 4, 12);
  const random = new RandomStream(1, 'deviation');
  const image = Uint8Array.from({ length: 5 * 7 * 3 }, () => random.uniform() * 256);
  const means = [0, 1, 2].map(
    (channel) =>
      image.filter((_, index) => index % 3 === channel).reduce((sum, value) => sum + value, 0) / 35,
  );
  const squares = [...image].reduce((sum, value, index) => sum + (value - means[index % 3]!) ** 2, 0);
  expect(pixelDeviation(image, 3)).toBeCloseTo(Math.sqrt(squares / image.length), 10);
});
