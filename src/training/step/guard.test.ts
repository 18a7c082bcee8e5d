// The guard: which steps it drops, which it accepts, and when it stops training.
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../core/numeric/random.ts';
import { type GuardState, newGuard } from '../../runs/contents/guardState.ts';
import {
  afterRefusal,
  afterRollback,
  afterStep,
  atAnchor,
  guardFor,
  guardLimits,
  isExhausted,
  mayGoBackTo,
  mustGoBack,
  type Observation,
  refusal,
} from './guard.ts';

const seen = (bitsPerDim: number, gradientNorm = 2, willBeClipped = false): Observation => ({
  bitsPerDim,
  gradientNorm,
  willBeClipped,
});

/** A guard that has seen a noisy training go from 8 down to about 3 bits/dim. */
function experienced(steps = 400): GuardState {
  const random = new RandomStream(0, 'losses');
  let guard = newGuard(0.01);
  for (let step = 0; step < steps; step++) {
    const observation = seen(3 + 5 * Math.exp(-step / 20) + 0.2 * random.uniform(), 1 + 3 * random.uniform());
    expect(refusal(guard, observation), `step ${step}`).toBeNull();
    guard = afterStep(guard, observation);
  }
  return guard;
}

describe('refusal', () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('drops %s at once', (value) => {
    expect(refusal(newGuard(0.01), seen(value))).toBe('the loss is not finite');
    expect(refusal(newGuard(0.01), seen(3, value))).toBe('the gradient is not finite');
  });

  it('drops a loss far above the usual ones, and accepts one slightly above', () => {
    const guard = experienced();
    expect(refusal(guard, seen(6))).toMatch(/^the loss jumped to 6 bits\/dim from about 3\.\d+$/);
    expect(refusal(guard, seen(3.9))).toBeNull();
    expect(refusal(guard, seen(-50))).toBeNull();
  });

  it('drops a norm far above the usual ones, unless it will be clipped', () => {
    const guard = experienced();
    expect(refusal(guard, seen(3, 5000))).toMatch(
      /^the norm of the gradient jumped to 5000 from about 2\.\d+$/,
    );
    expect(refusal(guard, seen(3, 5000, true))).toBeNull();
    expect(refusal(guard, seen(3, 100))).toBeNull();
    expect(refusal(guard, seen(3, 0))).toBeNull();
  });

  it('waits until it has learned a range', () => {
    expect(refusal(experienced(guardLimits.leastSeen - 1), seen(1000, 1e9))).toBeNull();
    expect(refusal(experienced(guardLimits.leastSeen), seen(1000))).not.toBeNull();
  });

  it('follows a widening range', () => {
    let guard = experienced();
    for (let step = 0; step < 300; step++) {
      const observation = seen(3 + step / 30, 2 * 1.03 ** step);
      expect(refusal(guard, observation), `step ${step}`).toBeNull();
      guard = afterStep(guard, observation);
    }
  });
});

describe('rollback', () => {
  const refused = (guard: GuardState, count: number): GuardState =>
    count === 0 ? guard : refused(afterRefusal(guard), count - 1);

  it('happens after three dropped steps in a row, but not for one in twenty', () => {
    const guard = experienced();
    expect(mustGoBack(refused(guard, 2))).toBe(false);
    expect(mustGoBack(refused(guard, 3))).toBe(true);
    let often = guard;
    for (let step = 0; step < 1000; step++) {
      often = step % 20 === 0 ? afterRefusal(often) : afterStep(often, seen(3));
      expect(mustGoBack(often)).toBe(false);
    }
    expect(often.dropped).toBe(50);
  });

  it('halves the rate and goes further back each time, and ends', () => {
    const start = newGuard(0.01);
    let guard = experienced();
    for (let rollback = 1; rollback <= guardLimits.mostRollbacks; rollback++) {
      expect(isExhausted(guard)).toBe(false);
      guard = afterRollback(refused(guard, 3), start, 100 - rollback);
      expect(guard).toMatchObject({
        rollbacks: rollback,
        rateFactor: 0.5 ** rollback,
        strain: 0,
        loss: start.loss,
      });
      expect([mayGoBackTo(guard, 100 - rollback), mayGoBackTo(guard, 99 - rollback)]).toEqual([false, true]);
    }
    expect(isExhausted(guard)).toBe(true);
  });

  it('may return to a later state once an anchor was reached without trouble', () => {
    const guard = afterRollback(experienced(), newGuard(0.01), 50);
    expect(mayGoBackTo(atAnchor(afterRefusal(guard)), 100)).toBe(false);
    expect(mayGoBackTo(atAnchor(afterStep(guard, seen(3))), 100)).toBe(true);
  });

  it('restarts its count with a new learning rate, and only then', () => {
    const guard = afterRollback(experienced(), newGuard(0.01), 50);
    expect(guardFor(0.01, guard)).toBe(guard);
    expect(guardFor(0.005, guard)).toEqual({ ...guard, learningRate: 0.005, rollbacks: 0, rateFactor: 1 });
  });
});
