// The images that follow the temperature's slider.
import { afterEach, expect, it, vi } from 'vitest';
import { renderHook } from '../../../src/testing/hooks.ts';
import type { OfferedModel } from '../../models.ts';
import { useLiveTiles } from './useLiveTiles.ts';

vi.mock('../../models.ts', () => ({ modelAddress: () => 'a', modelKey: () => 'a' }));
vi.mock('../../work/connections.ts', () => ({
  compute: async () => ({ pixels: Uint8Array.of(9), shape: [1, 1, 1] }),
}));
afterEach(() => vi.unstubAllGlobals());

it('leaves the sheet as it is when the slider returns to its temperature', async () => {
  const model = {} as OfferedModel;
  const settings = { temperature: 0.7, seed: 0, count: 4, class: '' };
  const sheet = { ...settings, model, pixels: new Uint8Array(4), shape: [1, 1, 1] as const };
  const hook = renderHook((temperature: number) => useLiveTiles(model, { ...settings, temperature }, sheet));
  await hook.show(0.7);
  hook.result.drag(0.9);
  await expect.poll(() => hook.result.images?.pixels).toEqual(Uint8Array.of(9, 0, 0, 0));
  hook.result.drag(0.7);
  await expect.poll(() => hook.result.images).toBeUndefined();
  expect(hook.result.dragged).toBeUndefined();
  // A sheet of the new temperature is on its way.
  hook.result.drag(0.9);
  await hook.show(0.9);
  expect(hook.result.dragged).toBe(0.9);
  hook.unmount();
});
