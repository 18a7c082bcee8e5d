// What callers without a type checker get wrong: one line says what the function needs.
import { expect, it } from 'vitest';
import * as data from './api/data.ts';
import * as main from './api/index.ts';
import * as training from './api/training.ts';

type Loose = Readonly<Record<string, (...args: unknown[]) => unknown>>;
const api = { ...main, ...data, ...training } as unknown as Loose;
const model = (await main.loadModel('models/mnist-small', { threads: 1 })) as unknown as Loose;

it.each<[string, () => unknown, string]>([
  ['loadModel()', () => api.loadModel!(), "needs a folder, a URL or files, such as loadModel('runs/digits')"],
  [
    'train, misspelt',
    () => api.train!({ store: {}, minuts: 5 }),
    "unknown option 'minuts': did you mean minutes?",
  ],
  ['train({})', () => api.train!({}), "needs a run, such as train(await resumeRun('runs/digits'))"],
  [
    'resolveConfig with a text',
    () => api.resolveConfig!({ set: 'a=1' }),
    "set must be a list of settings, such as ['training.steps=500']",
  ],
  [
    'sample, misspelt',
    () => model.sample!({ count: 1, temprature: 0 }),
    "'temprature': did you mean temperature?",
  ],
  ['decode()', () => model.decode!(), 'latents must be a list of arrays, as returned by encode'],
  ['encode()', () => model.encode!(), 'images must be a Uint8Array'],
  ['evaluate(model)', () => api.evaluate!(model), 'evaluate needs images, such as evaluate(model, '],
  [
    'evaluate, misspelt',
    () => api.evaluate!(model, { count: 1 }, { drawss: 4 }),
    "'drawss': did you mean draws",
  ],
  [
    'exportModel()',
    () => api.exportModel!(),
    "exportModel needs a run folder, such as exportModel('runs/digits')",
  ],
])('%s', async (_, call, message) => {
  await expect((async () => call())()).rejects.toMatchObject({
    name: 'UserError',
    code: 'invalid-argument',
    message: expect.stringContaining(message),
  });
});
