// Images that float32 doesn't recover: they come back from a compressed file all the same.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { UserError } from '../../core/errors.ts';
import { joinBytes } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { firstImages, readAll } from '../../data/contract/dataset.ts';
import { openSplit } from '../../data/registry.ts';
import { FlowModel } from '../../model/flowModel.ts';
import { loadTrained } from '../../model/loading/loadTrained.ts';
import type { TrainedModel } from '../../model/trainedModel.ts';
import { eightBit } from '../../testing/eightBit.ts';
import { filledStack } from '../../testing/filledStack.ts';
import { changedImages, chosenImages } from '../doctor/examineHardImages.ts';
import { EngineNetworks } from './model/engineNetworks.ts';
import { type ModelCoder, modelCoder } from './model/modelCoder.ts';

const SIZE = 784;
const DIGITS = 2;

let trained: TrainedModel;
let digits: Uint8Array;
let coder: ModelCoder;
const networks = new EngineNetworks();
beforeAll(async () => {
  trained = await loadTrained('models/mnist-small');
  digits = eightBit(readAll(firstImages(await openSplit('mnist', 'test', { validation: 0 }), DIGITS)));
  coder = await modelCoder(trained, networks);
});
afterAll(() => networks.release());

/** Codes images on a stack that is deep enough, so that the model takes all of them. */
async function returned(images: Uint8Array): Promise<Uint8Array> {
  const stack = filledStack(4 * images.length);
  await coder.encode(images, stack);
  return coder.decode(images.length / SIZE, stack);
}

/** What float32 decodes after it has encoded images; undefined if it diverges. */
async function returnedInFloat32(images: Uint8Array): Promise<Uint8Array | undefined> {
  await using model = new FlowModel(trained);
  try {
    return eightBit(await model.decode(await model.encode(images)));
  } catch (error) {
    if (error instanceof UserError && error.code === 'diverged') {
      return undefined;
    }
    throw error;
  }
}

it('digits with noise and inverted come back', async () => {
  const images = joinBytes(changedImages(digits, { bits: 8, seed: 3 }).map(({ levels }) => levels));
  expect(await returned(images)).toEqual(images);
});

it('digits that were chosen against the model, and noise that float32 loses, come back', async () => {
  const chosen = (await chosenImages(trained, digits, {})).at(-1)!.levels;
  const random = new RandomStream(1, 'noise');
  const noise = Uint8Array.from({ length: SIZE }, () => random.integer(256));
  const hard = joinBytes([chosen, noise]);
  expect(await returnedInFloat32(hard)).not.toEqual(hard);
  expect(await returned(hard)).toEqual(hard);
});
