import { describe, expect, it } from 'vitest';
import { measureInTurn } from './measureInTurn.ts';

describe('measureInTurn', () => {
  it('runs each in every round, in changing order, and keeps those after the warm-up', async () => {
    const calls: string[] = [];
    const measures = ['a', 'b'].map((name) => (round: number) => {
      calls.push(name);
      return `${name}${round}`;
    });
    const values = await measureInTurn(measures, { warmUp: 1, rounds: 20 });
    const rounds = Array.from({ length: 20 }, (_, index) => index + 1);
    expect(values).toEqual(['a', 'b'].map((name) => rounds.map((round) => `${name}${round}`)));
    const orders = Array.from({ length: 21 }, (_, round) => calls.slice(2 * round, 2 * round + 2).join(''));
    expect(new Set(orders)).toEqual(new Set(['ab', 'ba']));
  });

  it('stops between measurements', async () => {
    const controller = new AbortController();
    let calls = 0;
    const stop = () => {
      calls++;
      controller.abort(new Error('enough'));
    };
    const turns = { warmUp: 0, rounds: 1, signal: controller.signal };
    await expect(measureInTurn<void>([stop, stop], turns)).rejects.toThrow('enough');
    expect(calls).toBe(1);
  });
});
