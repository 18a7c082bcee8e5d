// Exported models read back: their own weights, and what is refused.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { UserError } from '../../core/errors.ts';
import { encodeSafetensors, tensorChecksum } from '../../data/files/safetensors.ts';
import { Glow } from '../../flows/models/glow.ts';
import { constantValue } from '../../tensor/tensor.ts';
import { megabytes, tensorOfHoles } from '../../testing/hostile/hostileFiles.ts';
import { randomParameters } from '../../testing/layers.ts';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { loadModel } from './loadModel.ts';
import { isExported, loadTrained } from './loadTrained.ts';

const folder = temporaryFolder();
const path = join(folder, 'model.safetensors');

const options = { levels: 1, depth: 1, conditioner: { width: 4 }, mixing: '1x1' } as const;
const model = new Glow([4, 6, 1], { ...options, learnedPrior: true, bits: 5 });
const arrays = Object.entries(randomParameters(model.parameters)).map(
  ([parameter, { shape, data }]) => [parameter, { shape, data: Float32Array.from(data) }] as const,
);
const metadata = { weights: 'average', imageShape: '4x6x1', model: JSON.stringify(model.options) };

/** Writes an export, whose manifest has the options in the metadata of its weights. */
function write(
  tensors: ReadonlyMap<string, (typeof arrays)[0][1]>,
  about: Record<string, string>,
  imageShape: readonly number[] = model.imageShape,
): void {
  writeManifest(imageShape, about.model);
  writeFileSync(path, encodeSafetensors(tensors, { ...about, checksum: tensorChecksum(tensors, about) }));
}

/** Writes a manifest of a model with these options, for images of this shape. */
function writeManifest(shape: unknown, options = metadata.model): void {
  const manifest = { image: { shape }, model: JSON.parse(options), files: {} };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
}

beforeEach(() => write(new Map(arrays), metadata));

it('returns the model with its weights', async () => {
  const loaded = await loadTrained(folder);
  expect(loaded.model.options).toMatchObject(model.options);
  expect(loaded.model.imageShape).toEqual([4, 6, 1]);
  for (const [parameter, array] of arrays) {
    expect(constantValue(loaded.parameters[parameter]!), parameter).toEqual(array);
  }
  const { imageShape, bits } = await loadModel(folder, { weights: 'average' });
  expect({ imageShape, bits }).toEqual({ imageShape: [4, 6, 1], bits: 5 });
});

it('is recognised by its two files', () => {
  expect(isExported(folder)).toBe(true);
  rmSync(path);
  expect(isExported(folder)).toBe(false);
});

it('is refused before its weights are read if they do not belong to its model', async () => {
  tensorOfHoles(() => path, megabytes(1900))(folder);
  await expect(loadTrained(folder)).rejects.toThrow(
    `${path} does not fit its own model: "holes" does not belong to it; export again`,
  );
});

it('is refused if a weight is not finite, but can be examined', async () => {
  const [[parameter, { shape, data }], ...others] = arrays as [(typeof arrays)[0], ...typeof arrays];
  const spoilt = { shape, data: data.map((value, index) => (index === 0 ? Number.NaN : value)) };
  write(new Map([[parameter, spoilt], ...others]), metadata);
  await expect(loadTrained(folder)).rejects.toThrow(
    `${folder}: a weight is not finite: ${parameter} contains NaN; load an earlier checkpoint or another copy`,
  );
  const accepted = await loadTrained(folder, { acceptDamage: true });
  expect(constantValue(accepted.parameters[parameter]!)!.data[0]).toBeNaN();
});

it('refuses to load weights that it does not have', async () => {
  await expect(loadModel(folder, { weights: 'raw' })).rejects.toThrow(
    `${folder} holds the average weights: leave out the option, or export the run with weights: 'raw'`,
  );
});

it.each<[string, Record<string, string>, RegExp]>([
  [
    'no description',
    { weights: 'average' },
    /not an exported model: its metadata does not describe one \(.+\); export/,
  ],
  [
    'an unknown mixing',
    { ...metadata, model: metadata.model.replace('1x1', '2x2') },
    /unknown model\.mixing/,
  ],
  [
    'an impossible shape',
    { ...metadata, imageShape: '4x5x1' },
    /sides divisible by 2, and the images are 4 x 5/,
  ],
  ...[
    '0x0x1',
    '1e3x1e3x1',
    '4x6x1x1',
    '4x6',
    ' 4x6x1',
    '4.0x6x1',
    '-4x6x1',
    '04x6x1',
    '0x4x6x1',
    '4x6x1\n',
  ].map((imageShape): [string, Record<string, string>, RegExp] => [
    `the image shape ${JSON.stringify(imageShape)}`,
    { ...metadata, imageShape },
    /".*" is not an image shape such as 28x28x1/,
  ]),
  ['an endless image', { ...metadata, imageShape: '4096x4096x1' }, /models take at most 2048x2048 pixels/],
  [
    'far more steps than it has weights for',
    { ...metadata, model: metadata.model.replace('"depth":1', '"depth":1000') },
    /does not fit its own model: levels\/0\/steps\/1\/.* is missing/,
  ],
  [
    'a loop over millions of steps',
    { ...metadata, model: metadata.model.replace('"depth":1', '"depth":20000000') },
    /model\.depth must be a whole number from 1 to 1000/,
  ],
  ['no shape', { ...metadata, imageShape: 'large' }, /not an exported model/],
  [
    'a model that its weights do not fit',
    { ...metadata, model: metadata.model.replace('"width":4', '"width":5') },
    /does not fit its own model: levels\/0\/.* has shape \[.*\], expected \[.*\]; export again/,
  ],
])('refuses %s', async (_, about, message) => {
  write(new Map(arrays), about);
  await expect(loadTrained(folder)).rejects.toThrow(UserError);
  await expect(loadTrained(folder)).rejects.toThrow(message);
});

it.each<[string, unknown, RegExp]>([
  [
    'another shape',
    [4, 8, 1],
    /model.safetensors is for images of 4x6x1, but .*manifest.json for images of 4x8x1/,
  ],
  ['no numbers', ['4', '6', '1'], /manifest.json does not describe an exported model/],
  ['four numbers', [4, 6, 1, 1], /manifest.json does not describe an exported model/],
  ['a huge shape', [1e9, 1e9, 1], /but .*manifest.json for images of 1000000000x1000000000x1/],
])('refuses a manifest whose image has %s', async (_, shape, message) => {
  writeManifest(shape);
  await expect(loadTrained(folder)).rejects.toThrow(message);
});

it('accepts a manifest of the same image shape', async () => {
  writeManifest([4, 6, 1]);
  expect((await loadTrained(folder)).model.imageShape).toEqual([4, 6, 1]);
});

it('reports large images, and refuses larger ones, before their graphs are prepared', async () => {
  const wide = new Glow([1024, 1024, 1], {
    ...options,
    learnedPrior: true,
    bits: 5,
    conditioner: { width: 1024 },
  });
  const weights = Object.entries(randomParameters(wide.parameters)).map(
    ([parameter, { shape, data }]) => [parameter, { shape, data: Float32Array.from(data) }] as const,
  );
  write(
    new Map(weights),
    { imageShape: '1024x1024x1', model: JSON.stringify(wide.options) },
    wide.imageShape,
  );
  const reported: number[] = [];
  const onLargeImage = (bytes: number): void => {
    reported.push(bytes);
    throw new Error('reported');
  };
  const large = await loadModel(folder, { onLargeImage });
  await expect(large.sample({ count: 1 })).rejects.toThrow('reported');
  expect(reported).toHaveLength(1);
  expect(reported[0]).toBeGreaterThan(2 ** 30);
  const available = vi.spyOn(process, 'availableMemory').mockReturnValue(2 ** 30);
  await expect(large.sample({ count: 1 })).rejects.toThrow(
    /^the activations of an image of 1024x1024x1 take .* GiB of memory, but only 1.0 GiB is available/,
  );
  available.mockRestore();
  const small = await loadModel(new URL('../../../models/mnist-small', import.meta.url), { onLargeImage });
  await small.sample({ count: 1 });
  expect(reported).toHaveLength(1);
});

it('refuses missing weights', async () => {
  write(new Map(arrays.slice(1)), metadata);
  await expect(loadTrained(folder)).rejects.toThrow(new RegExp(`${arrays[0]![0]} is missing`));
});
