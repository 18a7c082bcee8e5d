import { describe, expect, it } from 'vitest';
import { type Keep, releaseAfter, releaseOnFailure } from './resources.ts';

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
