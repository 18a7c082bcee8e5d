// Work that follows an input, in a component that draws nothing.
import { h, render } from 'preact';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { useLatest } from './useLatest.ts';

/** A call of the work that a render has given, and how to end it. */
interface Work {
  readonly text: string;
  end(result: string): void;
  fail(reason: string): void;
}

let works: Work[];
let state: ReturnType<typeof useLatest<string, string>>;
/** An empty element: nothing is drawn in it. */
let element: Element;
beforeEach(() => {
  // Preact compares the element with the document.
  vi.stubGlobal('document', {});
  works = [];
  element = { childNodes: [], firstChild: null } as unknown as Element;
});
afterEach(() => {
  render(null, element);
  vi.unstubAllGlobals();
});

function Follower({ model, input }: { model: string; input: string | undefined }) {
  state = useLatest(
    input,
    (wanted) =>
      new Promise<string>((resolve, reject) => {
        works.push({ text: `${model} ${wanted}`, end: resolve, fail: (reason) => reject(new Error(reason)) });
      }),
  );
  return null;
}

const turn = () => new Promise((resolve) => setTimeout(resolve));
const show = async (model: string, input: string | undefined): Promise<void> => {
  render(h(Follower, { model, input }), element);
  await turn();
};

it('works on the latest input, with the work of its own render', async () => {
  await show('A', 'first');
  await show('A', 'second');
  await show('B', 'third');
  expect(works.map(({ text }) => text)).toEqual(['A first']);
  works[0]!.end('one');
  await turn();
  expect(state.latest).toEqual({ input: 'first', result: 'one' });
  expect(works.map(({ text }) => text)).toEqual(['A first', 'B third']);
  works[1]!.end('three');
  await turn();
  expect(state.latest).toEqual({ input: 'third', result: 'three' });
});

it('drops what was begun before nothing was wanted, although something is wanted again', async () => {
  await show('A', 'first');
  await show('A', undefined);
  await show('B', 'second');
  works[0]!.end('one');
  await turn();
  expect(state.latest).toBeUndefined();
  works[1]!.end('two');
  await turn();
  expect(state.latest).toEqual({ input: 'second', result: 'two' });
  await show('B', 'third');
  await show('B', undefined);
  works[2]!.fail('it does not fit');
  await turn();
  expect(state.problem).toBeUndefined();
});
