import { describe, expect, it } from 'vitest';
import { measureInTurn, secondsOf, timed } from './timing.ts';

/** Measures that record which was called in which round. */
function noted(calls: string[]): ((round: number) => string)[] {
  return ['a', 'b'].map((name) => (round) => {
    calls.push(`${name}${round}`);
    return `${name}${round}`;
  });
}

describe('measureInTurn', () => {
  it('runs each in every round, and keeps those after the warm-up', async () => {
    const calls: string[] = [];
    const done: number[] = [];
    const values = await measureInTurn(noted(calls), {
      warmUp: 1,
      rounds: 2,
      onRound: (rounds) => done.push(rounds),
    });
    expect(calls).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'b2']);
    expect(values).toEqual([
      ['a1', 'a2'],
      ['b1', 'b2'],
    ]);
    expect(done).toEqual([1, 2, 3]);
  });

  it('reverses every second round if asked to, and still assigns values correctly', async () => {
    const calls: string[] = [];
    const values = await measureInTurn(noted(calls), { warmUp: 0, rounds: 3, backAndForth: true });
    expect(calls).toEqual(['a0', 'b0', 'b1', 'a1', 'a2', 'b2']);
    expect(values).toEqual([
      ['a0', 'a1', 'a2'],
      ['b0', 'b1', 'b2'],
    ]);
  });

  it('stops between measurements', async () => {
    const controller = new AbortController();
    const calls: string[] = [];
    const stopping = [() => controller.abort(new Error('enough')), ...noted(calls)];
    const turns = { warmUp: 0, rounds: 1, signal: controller.signal };
    await expect(measureInTurn<unknown>(stopping, turns)).rejects.toThrow('enough');
    expect(calls).toEqual([]);
  });
});

describe('timed', () => {
  it('waits for the work, and returns its result', async () => {
    const work = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return 3;
    };
    const { result, seconds } = await timed(work);
    expect(result).toBe(3);
    // A timer may fire a millisecond early; without waiting it would be a thousandth of that.
    expect(seconds).toBeGreaterThan(0.01);
    expect(await secondsOf(() => {})).toBeGreaterThanOrEqual(0);
  });
});
