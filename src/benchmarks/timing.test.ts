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
    expect(calls.map((call) => call[1])).toEqual(['0', '0', '1', '1', '2', '2']);
    expect([...calls].sort()).toEqual(['a0', 'a1', 'a2', 'b0', 'b1', 'b2']);
    expect(values).toEqual([
      ['a1', 'a2'],
      ['b1', 'b2'],
    ]);
    expect(done).toEqual([1, 2, 3]);
  });

  it('has another order in every round, the same in every call, and still assigns values correctly', async () => {
    const orders = async (): Promise<string[]> => {
      const calls: string[] = [];
      const values = await measureInTurn(noted(calls), { warmUp: 0, rounds: 20 });
      expect(values[1]).toEqual(Array.from({ length: 20 }, (_, round) => `b${round}`));
      return Array.from({ length: 20 }, (_, round) => `${calls[2 * round]![0]}${calls[2 * round + 1]![0]}`);
    };
    const found = await orders();
    expect(new Set(found)).toEqual(new Set(['ab', 'ba']));
    expect(await orders()).toEqual(found);
  });

  it('stops between measurements', async () => {
    const controller = new AbortController();
    const calls: string[] = [];
    const stopping = noted(calls).map((measure) => (round: number) => {
      controller.abort(new Error('enough'));
      return measure(round);
    });
    const turns = { warmUp: 0, rounds: 1, signal: controller.signal };
    await expect(measureInTurn<unknown>(stopping, turns)).rejects.toThrow('enough');
    expect(calls).toHaveLength(1);
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
