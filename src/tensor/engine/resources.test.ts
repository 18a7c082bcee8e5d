import { describe, expect, it } from 'vitest';
import { type Keep, releaseAfter, releaseInTurn, releaseOnFailure } from './resources.ts';

/** Creates resources by name, and records the names of those released. */
function resources(): { make(name: string): { release(): Promise<void> }; released: string[] } {
  const released: string[] = [];
  return {
    released,
    make: (name) => ({
      async release() {
        released.push(name);
      },
    }),
  };
}

describe.each([
  ['releaseAfter', releaseAfter, ['a', 'b']],
  ['releaseOnFailure', releaseOnFailure, []],
] as const)('%s', (_, run, afterSuccess) => {
  it('returns the result', async () => {
    const { make, released } = resources();
    const result = await run(async (keep: Keep) => {
      keep(make('a'));
      keep(make('b'));
      expect(released).toEqual([]);
      return 7;
    });
    expect(result).toBe(7);
    expect(released).toEqual(afterSuccess);
  });

  it('releases everything after a failure, and reports that failure', async () => {
    const { make, released } = resources();
    const failing = run(async (keep: Keep) => {
      keep({ release: () => Promise.reject(new Error('second')) });
      keep(make('a'));
      throw new Error('first');
    });
    await expect(failing).rejects.toThrow('first');
    expect(released).toEqual(['a']);
  });
});

describe('in turn', () => {
  it('releases everything, and throws what failed first', async () => {
    const released: number[] = [];
    const resource = (number: number, fails = false) => ({
      async release() {
        released.push(number);
        if (fails) {
          throw new Error(`failure ${number}`);
        }
      },
    });
    await releaseInTurn([resource(1), undefined, resource(2)]);
    await expect(
      releaseInTurn([resource(3), resource(4, true), resource(5, true), resource(6)]),
    ).rejects.toThrow('failure 4');
    expect(released).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
