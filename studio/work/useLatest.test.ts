// Work that follows an input.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { nextTurn, type RenderedHook, renderHook } from '../../src/testing/hooks.ts';
import { useLatest } from './useLatest.ts';

/** A call of the work that a render has given, and how to end it. */
interface Work {
  readonly text: string;
  end(result: string): void;
  fail(reason: string): void;
}

let works: Work[];
let follower: RenderedHook<
  { model: string; input: string | undefined },
  ReturnType<typeof useLatest<string, string>>
>;
beforeEach(() => {
  works = [];
  follower = renderHook(({ model, input }) =>
    useLatest(
      input,
      (wanted) =>
        new Promise<string>((resolve, reject) => {
          works.push({
            text: `${model} ${wanted}`,
            end: resolve,
            fail: (reason) => reject(new Error(reason)),
          });
        }),
    ),
  );
});
afterEach(() => {
  follower.unmount();
  vi.unstubAllGlobals();
});

const show = (model: string, input: string | undefined) => follower.show({ model, input });

it('works on the latest input, with the work of its own render', async () => {
  await show('A', 'first');
  await show('A', 'second');
  await show('B', 'third');
  expect(works.map(({ text }) => text)).toEqual(['A first']);
  works[0]!.end('one');
  await nextTurn();
  expect(follower.result.latest).toEqual({ input: 'first', result: 'one' });
  expect(works.map(({ text }) => text)).toEqual(['A first', 'B third']);
  works[1]!.end('three');
  await nextTurn();
  expect(follower.result.latest).toEqual({ input: 'third', result: 'three' });
});

it('drops what was begun before nothing was wanted, although something is wanted again', async () => {
  await show('A', 'first');
  await show('A', undefined);
  await show('B', 'second');
  works[0]!.end('one');
  await nextTurn();
  expect(follower.result.latest).toBeUndefined();
  works[1]!.end('two');
  await nextTurn();
  expect(follower.result.latest).toEqual({ input: 'second', result: 'two' });
  await show('B', 'third');
  await show('B', undefined);
  works[2]!.fail('it does not fit');
  await nextTurn();
  expect(follower.result.problem).toBeUndefined();
});
