import { describe, expect, it } from 'vitest';
import { SmoothedRate } from './smoothedRate.ts';

describe('SmoothedRate', () => {
  it('is exact for a constant rate, however often it is observed', () => {
    const rate = new SmoothedRate();
    let seconds = 50;
    for (const pause of [0, 0.001, 3, 0.2, 40, 1]) {
      seconds += pause;
      rate.observe(7 * seconds, seconds);
    }
    expect(rate.perSecond).toBeCloseTo(7, 9);
  });

  it('forgets a slow start', () => {
    const rate = new SmoothedRate();
    rate.observe(0, 0);
    rate.observe(1, 30);
    expect(rate.perSecond).toBeCloseTo(1 / 30, 12);
    for (let second = 1; second <= 75; second++) {
      rate.observe(1 + 10 * second, 30 + second);
    }
    expect(rate.perSecond).toBeGreaterThan(9.9);
    expect(rate.perSecond).toBeLessThan(10);
  });
});
