// Edits of latents that take time, and links with edits.
import type { NdArray } from 'emerging-flows';
import { afterEach, expect, it, vi } from 'vitest';
import { renderHook } from '../../../src/testing/hooks.ts';
import { changeSettings, settings } from '../../address.ts';
import { packEdits } from './sharedEdits.ts';
import { useEdits } from './useEdits.ts';

vi.mock('../../address.ts', async () => {
  const { signal } = await import('@preact/signals');
  const settings = signal({});
  const changeSettings = (changes: object): void => {
    settings.value = { ...settings.value, ...changes };
  };
  return { settings, changeSettings };
});
afterEach(() => vi.unstubAllGlobals());

const createLatents = (value: number): NdArray[] => [
  { shape: [1, 1, 1, 2], data: Float32Array.of(value, value) },
  { shape: [1, 1, 1, 1], data: Float32Array.of(value) },
];

it('adds an edit that was begun earlier to those made since, unless another image is shown', async () => {
  const [first, second] = [createLatents(1), createLatents(2)];
  const hook = renderHook(useEdits);
  const values = () => hook.result.latents!.map(({ data }) => [...data]);
  await hook.show(first);
  // As by “Redraw”, which computes before it edits.
  const { change: changeLater } = hook.result;
  hook.result.change('scale 1', 1, { scale: 0.5 });
  await hook.show(first);
  changeLater('redraw', 0, { values: Float32Array.of(7, 7) });
  await hook.show(first);
  expect(values()).toEqual([[7, 7], [0.5]]);
  await hook.show(second);
  hook.result.change('scale 0', 0, { scale: 3 });
  await hook.show(second);
  changeLater('redraw', 0, { values: Float32Array.of(8, 8) });
  await hook.show(second);
  expect(values()).toEqual([[6, 6], [2]]);
  hook.unmount();
});

it('applies the edits of a link each time that it is opened', async () => {
  const encoded = createLatents(4);
  const levels = encoded.map(({ data }) => ({ values: data.map((value) => value + 5), scale: 1 }));
  const edits = (await packEdits(levels, encoded))!;
  const hook = renderHook(useEdits);
  for (const _ of ['first', 'second']) {
    changeSettings({ edits });
    await hook.show(encoded);
    await expect.poll(() => hook.result.latents![0]!.data[0]).toBe(9);
    hook.result.reset();
    await hook.show(encoded);
    expect(settings.value.edits).toBe('');
    expect(hook.result.isChanged).toBe(false);
  }
  hook.unmount();
});
