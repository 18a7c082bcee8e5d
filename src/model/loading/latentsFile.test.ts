// Latents files: written and read back, only for the model that they belong to.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../core/errors.ts';
import type { NdArray } from '../../core/numeric/arrays.ts';
import { decodeSafetensors, encodeSafetensors } from '../../data/files/safetensors.ts';
import { Glow } from '../../flows/models/glow.ts';
import { megabytes, tensorOfHoles } from '../../testing/hostile/hostileFiles.ts';
import { randomParameters } from '../../testing/layers.ts';
import { asConstants } from '../../testing/programValues.ts';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import type { Correction } from '../corrections.ts';
import { FlowModel } from '../flowModel.ts';
import { drawNormals } from '../latents.ts';
import { readLatents, writeLatents } from './latentsFile.ts';

const folder = temporaryFolder();
const path = join(folder, 'a.safetensors');

function modelWith(bits: number): FlowModel {
  const options = { levels: 2, depth: 1, conditioner: { width: 4 }, mixing: '1x1' } as const;
  const model = new Glow([4, 8, 1], { ...options, learnedPrior: true, bits });
  return new FlowModel({ model, parameters: asConstants(randomParameters(model.parameters)) });
}

const model = modelWith(8);
const names = ['a.png', 'sub/b 2.png', 'c:\u00fc'];
const latents = drawNormals(model.latentShapes, { first: 0, count: 3, temperature: 1, seed: 0 });
const tensors = new Map(latents.map((latent, index) => [`latent/${index}`, latent]));
const metadata = {
  format: 'emerging-flows latents',
  model: model.fingerprint,
  images: JSON.stringify(names),
};

const vector = (...values: number[]): NdArray => ({
  shape: [values.length],
  data: Float64Array.from(values),
});

it('survives a round trip, and the same latents produce the same bytes', () => {
  writeLatents(path, { names, latents }, model);
  const bytes = readFileSync(path);
  expect(readLatents(path, model)).toEqual({ names, latents });
  writeLatents(path, readLatents(path, model), model);
  expect(readFileSync(path).equals(bytes)).toBe(true);
  expect(encodeSafetensors(tensors, metadata)).toEqual(new Uint8Array(bytes));
});

it.each([
  ['names twice', { names: ['a.png', 'b.png', 'a.png'], latents }, /names must differ/],
  ['a name outside the folder', { names: ['a.png', 'b.png', '../c.png'], latents }, /stay in the folder/],
  ['too few names', { names: names.slice(1), latents }, /no latents of 2 images: latent\/0 has shape \[3, /],
  [
    'checksums of fewer images',
    { names, latents, encodedFrom: { checksums: ['0123456789ab'] } },
    /encodedFrom must be about these 3 images/,
  ],
  [
    'a correction of another image',
    {
      names,
      latents,
      encodedFrom: {
        checksums: names.map(() => null),
        corrections: new Map([[3, { values: new Uint8Array(32) }]]),
      },
    },
    /encodedFrom must be about these 3 images/,
  ],
  ['latents of other levels', { names, latents: latents.slice(1) }, /no latents of 3 images: latent\/0 has/],
])('is not written with %s, which could not be read', (_, content, message) => {
  const unwritten = join(folder, 'unwritten.safetensors');
  expect(() => writeLatents(unwritten, content, model)).toThrow(message);
  expect(existsSync(unwritten)).toBe(false);
});

it('is refused for another model', () => {
  writeLatents(path, { names, latents }, model);
  expect(() => readLatents(path, modelWith(7))).toThrow(UserError);
  expect(() => readLatents(path, modelWith(7))).toThrow(
    `${path} holds latents of another model (or of this one with other weights); ` +
      'name the run that they were encoded with, or encode the images again',
  );
});

describe('with what is known about the images', () => {
  const size = 32;
  const image = Uint8Array.from({ length: size }, (_, index) => 8 * index);
  const encodedFrom = {
    checksums: ['0123456789ab', 'ba9876543210', '00000000000f'],
    corrections: new Map<number, Correction>([
      [0, { positions: Uint32Array.of(0, 31), values: Uint8Array.of(255, 7) }],
      [1, { values: image }],
      [2, { positions: Uint32Array.of(5), values: Uint8Array.of(1) }],
    ]),
  };

  it('survives a round trip, and the same latents produce the same bytes', () => {
    for (const from of [encodedFrom, { checksums: encodedFrom.checksums }]) {
      writeLatents(path, { names, latents, encodedFrom: from }, model);
      const bytes = readFileSync(path);
      const read = readLatents(path, model);
      expect(read).toEqual({ names, latents, encodedFrom: from, edited: [] });
      writeLatents(path, read, model);
      expect(readFileSync(path).equals(bytes)).toBe(true);
    }
  });

  it('loses checksum and corrections of an image whose latents are edited', () => {
    writeLatents(path, { names, latents, encodedFrom }, model);
    const { tensors, metadata } = decodeSafetensors(readFileSync(path), path);
    const top = tensors.get('latent/1')!;
    const changed = { ...top, data: top.data.slice() };
    changed.data[top.data.length / 3]! += 1e-6;
    writeFileSync(path, encodeSafetensors(new Map([...tensors, ['latent/1', changed]]), metadata));
    const read = readLatents(path, model);
    expect(read.edited).toEqual([1]);
    expect(read.encodedFrom!.checksums).toEqual([encodedFrom.checksums[0], null, encodedFrom.checksums[2]]);
    expect([...read.encodedFrom!.corrections!.keys()].sort()).toEqual([0, 2]);
    // Written again, the image stays without a checksum.
    writeLatents(path, read, model);
    expect(readLatents(path, model)).toEqual({ ...read, edited: [] });
  });

  it.each<[string, Record<string, NdArray | undefined>]>([
    ['a missing tensor', { 'whole/index': undefined }],
    ['positions out of order', { 'correction/position': vector(31, 0, 2 * size + 5) }],
    ['a position twice', { 'correction/position': vector(0, 0, 2 * size + 5) }],
    ['a position that is not an integer', { 'correction/position': vector(0, 0.5, 2 * size + 5) }],
    ['a position beyond the images', { 'correction/position': vector(0, 31, 3 * size) }],
    ['a negative position', { 'correction/position': vector(-1, 31, 2 * size) }],
    ['a value too many', { 'correction/value': vector(1, 2, 3, 4) }],
    ['a value that is not a pixel', { 'correction/value': vector(256, 2, 3) }],
    ['an image beyond the last', { 'whole/index': vector(3) }],
    ['an index too many', { 'whole/index': vector(0, 1) }],
    ['an image of another shape', { 'whole/pixels': { shape: [1, 8, 4, 1], data: new Float32Array(size) } }],
    ['a scalar', { 'whole/index': { shape: [], data: Float64Array.of(1) } }],
  ])('is refused with %s', (_, wrong) => {
    writeLatents(path, { names, latents, encodedFrom }, model);
    const { tensors, metadata } = decodeSafetensors(readFileSync(path), path);
    const entries = Object.entries({ ...Object.fromEntries(tensors), ...wrong });
    const presentEntries = entries.filter((entry): entry is [string, NdArray] => entry[1] !== undefined);
    writeFileSync(path, encodeSafetensors(new Map(presentEntries), metadata));
    expect(() => readLatents(path, model)).toThrow(
      expect.objectContaining({ code: 'invalid-data', message: expect.stringContaining('is damaged: ') }),
    );
  });

  it('is refused with checksums for another number of images', () => {
    writeLatents(path, { names, latents, encodedFrom }, model);
    const { tensors, metadata } = decodeSafetensors(readFileSync(path), path);
    const fewer = { ...metadata, pixelChecksums: metadata.pixelChecksums!.slice(12) };
    writeFileSync(path, encodeSafetensors(tensors, fewer));
    expect(() => readLatents(path, model)).toThrow(
      `${path} is damaged: it has 2 checksums of images and 3 of latents for 3 images; encode the images again`,
    );
  });
});

describe('is refused', () => {
  const images = (...value: unknown[]) => ({ ...metadata, images: JSON.stringify(value) });

  it.each([
    ['without a format', { ...metadata, format: 'emerging-flows' }],
    ['with names that are not JSON', { ...metadata, images: 'a.png' }],
    ['with names that are not strings', images(1, 2, 3)],
    ['with a name that leaves the folder', images('a.png', 'b.png', '../c.png')],
    ['with a name that leaves it midway', images('a.png', 'b.png', 'x/../../c.png')],
    ['with the name of another file in other words', images('a.png', 'b.png', 'x/../b.png')],
    ['with a name that begins with ./', images('a.png', 'b.png', './c.png')],
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

  it('before it is read, if it is larger than its images', () => {
    writeFileSync(path, encodeSafetensors(tensors, metadata));
    tensorOfHoles(() => path, megabytes(1900))(folder);
    expect(() => readLatents(path, model)).toThrow(
      /is damaged: it has 199\d+ bytes, more than 3 images take; encode the images again$/,
    );
  });

  it('if it is truncated or in another format', () => {
    const bytes = encodeSafetensors(tensors, metadata);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.uint8Array({ maxLength: 20 }), (length, randomBytes) => {
        for (const content of [bytes.subarray(0, length), randomBytes]) {
          writeFileSync(path, content);
          expect(() => readLatents(path, model)).toThrow(UserError);
        }
      }),
      { numRuns: 50 },
    );
  });
});
