// Latents files: written and read back, only for the model that they belong to.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../../errors.ts';
import { Glow } from '../../models/glow.ts';
import { encodeSafetensors } from '../../storage/safetensors.ts';
import { constant } from '../../tensor/tensor.ts';
import { randomParameters } from '../../testing/layers.ts';
import { FlowModel } from './flowModel.ts';
import { drawLatents } from './latents.ts';
import { readLatents, writeLatents } from './latentsFile.ts';

const folder = mkdtempSync(join(tmpdir(), 'latents-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'a.safetensors');

function modelWith(bits: number): FlowModel {
  const options = { levels: 2, depth: 1, width: 4, mixing: '1x1', kernelSize: 3, dilation: 1 } as const;
  const model = new Glow({ ...options, learnedPrior: true, bits }, [4, 8, 1]);
  const parameters = Object.entries(randomParameters(model.parameters));
  return new FlowModel({
    model,
    parameters: Object.fromEntries(parameters.map(([p, a]) => [p, constant(a)])),
  });
}

const model = modelWith(8);
const names = ['a.png', 'sub/b 2.png', 'c:\u00fc'];
const latents = drawLatents(model.latentShapes, { first: 0, count: 3, temperature: 1, seed: 0 });
const tensors = new Map(latents.map((latent, index) => [`latent/${index}`, latent]));
const metadata = {
  format: 'emerging-flows latents',
  model: model.fingerprint,
  images: JSON.stringify(names),
};

it('survives a round trip, and the same latents produce the same bytes', () => {
  writeLatents(path, { names, latents }, model);
  const bytes = readFileSync(path);
  expect(readLatents(path, model)).toEqual({ names, latents });
  writeLatents(path, readLatents(path, model), model);
  expect(readFileSync(path).equals(bytes)).toBe(true);
  expect(encodeSafetensors(tensors, metadata)).toEqual(new Uint8Array(bytes));
});

it('is refused for another model', () => {
  writeLatents(path, { names, latents }, model);
  expect(() => readLatents(path, modelWith(7))).toThrow(UserError);
  expect(() => readLatents(path, modelWith(7))).toThrow(
    `${path} holds latents of another model (or of this one with other weights); ` +
      'name the run that they were encoded with, or encode the images again',
  );
});

describe('is refused', () => {
  const images = (...value: unknown[]) => ({ ...metadata, images: JSON.stringify(value) });

  it.each([
    ['without a format', { ...metadata, format: 'emerging-flows' }],
    ['with names that are not JSON', { ...metadata, images: 'a.png' }],
    ['with names that are not strings', images(1, 2, 3)],
    ['with a name that leaves the folder', images('a.png', 'b.png', '../c.png')],
    ['with a name that leaves it midway', images('a.png', 'b.png', 'x/../../c.png')],
    ['with an absolute name', images('a.png', 'b.png', '/c.png')],
    ['with an empty name', images('a.png', 'b.png', '')],
    ['with a duplicate name', images('a.png', 'b.png', 'a.png')],
  ])('%s', (_, wrong) => {
    writeFileSync(path, encodeSafetensors(tensors, wrong));
    expect(() => readLatents(path, model)).toThrow(
      new UserError('invalid-data', `${path} holds no latents; name a file of encoded images`),
    );
  });

  it('with other counts or missing latents', () => {
    writeFileSync(path, encodeSafetensors(tensors, images('a.png', 'b.png')));
    expect(() => readLatents(path, model)).toThrow(
      `${path} is damaged: latent/0 has shape [3, 2, 4, 2], expected [2, 2, 4, 2]; encode the images again`,
    );
    writeFileSync(path, encodeSafetensors(new Map([...tensors].slice(0, 1)), metadata));
    expect(() => readLatents(path, model)).toThrow(`${path} is damaged: latent/1 is missing`);
  });

  it('if it is truncated or in another format', () => {
    const bytes = encodeSafetensors(tensors, metadata);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.uint8Array({ maxLength: 20 }), (length, other) => {
        for (const content of [bytes.subarray(0, length), other]) {
          writeFileSync(path, content);
          expect(() => readLatents(path, model)).toThrow(UserError);
        }
      }),
      { numRuns: 50 },
    );
  });
});
