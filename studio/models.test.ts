// The list of models when the server doesn't answer.
import { afterEach, expect, it, vi } from 'vitest';
import { findModels, models, modelsProblem } from './models.ts';

vi.mock('./address.ts', async () => ({ settings: (await import('@preact/signals')).signal({}) }));
vi.mock('./work/connections.ts', () => ({
  compute: async () => [{ name: 'mine', url: 'kept:mine/', files: ['config.yaml'], step: 3 }],
}));
afterEach(() => vi.unstubAllGlobals());

it('lists the models of this browser, and those known before', async () => {
  vi.stubGlobal('document', { baseURI: 'http://studio/' });
  vi.stubGlobal('fetch', async () => Response.error());
  await findModels();
  expect(modelsProblem.value).toMatch(/^Can’t load the list of models: /);
  expect(models.value!.map(({ path }) => path)).toEqual(['browser/mine']);
  vi.stubGlobal('fetch', async () => Response.json([{ path: 'models/a', problem: null }]));
  await findModels();
  expect(modelsProblem.value).toBeUndefined();
  vi.stubGlobal('fetch', async () => new Response('busy', { status: 503 }));
  await findModels();
  expect(modelsProblem.value).toBe('Can’t load the list of models: the server returned 503: busy');
  expect(models.value!.map(({ path }) => path)).toEqual(['models/a', 'browser/mine']);
});
