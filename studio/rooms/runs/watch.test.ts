// Watching runs while others are chosen.
import { afterEach, expect, it, vi } from 'vitest';
import { nextTurn, renderHook } from '../../../src/testing/hooks.ts';
import { useWatch } from './watch.ts';

afterEach(() => vi.unstubAllGlobals());

it('looks again at once if other runs are chosen meanwhile', async () => {
  const answers: (() => void)[] = [];
  vi.stubGlobal(
    'fetch',
    () =>
      new Promise((resolve) => {
        answers.push(() => resolve(Response.json({ runs: [], stopped: null })));
      }),
  );
  const hook = renderHook((key: string) => useWatch(() => [], key));
  await hook.show('a');
  await hook.show('b');
  expect(answers).toHaveLength(1);
  answers[0]!();
  await expect.poll(() => answers.length, { timeout: 1000 }).toBe(2);
  answers[1]!();
  await nextTurn();
  await expect.poll(() => hook.result.runs).toEqual([]);
  hook.unmount();
});
