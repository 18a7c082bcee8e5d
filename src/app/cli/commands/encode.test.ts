// `emerging encode` and `emerging decode` as processes: images are recovered under their names.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { RandomStream } from '../../../core/numeric/random.ts';
import { decodeSafetensors, encodeSafetensors } from '../../../data/files/safetensors.ts';
import { commandProcess } from '../../../testing/command.ts';
import { readPixels, writePng } from '../../../testing/pngFiles.ts';
import { tinyImages } from '../../../testing/tinyImages.ts';

const emerging = commandProcess();
const inFolder = (...path: string[]): string => join(emerging.folder, ...path);
const sliceImage = (images: Uint8Array, index: number) => images.subarray(64 * index, 64 * (index + 1));

/** The test images of the dataset. */
const test = tinyImages(48, 8, 1);

beforeAll(() => emerging.trainTiny('--steps=3', '--no-test', '--out=runs/a'));

it('encodes images of a dataset, and recovers every pixel', async () => {
  const encoded = await emerging.json('encode', 'runs/a', '--data=data', '--out=all.safetensors');
  expect(encoded).toEqual({
    file: 'all.safetensors',
    step: 3,
    images: 48,
    latents: [
      [4, 4, 2],
      [2, 2, 8],
    ],
    inexact: [],
    skipped: [],
  });
  const decoded = await emerging.json('decode', 'runs/a', 'all.safetensors', '--out=all');
  expect(decoded).toMatchObject({
    out: 'all',
    images: 48,
    inexact: [],
    corrected: [],
    edited: [],
    skipped: [],
  });
  expect(decoded.files).toHaveLength(48);
  decoded.files.forEach((file: string, index: number) => {
    expect(file).toBe(join('all', `test-${String(index).padStart(5, '0')}.png`));
    expect(readPixels(inFolder(file)), file).toEqual(sliceImage(test, index));
  });
  // The decoded files have the same latents as the images of the dataset.
  await emerging.json('encode', 'runs/a', 'all', '--out=again.safetensors');
  expect(readFileSync(inFolder('again.safetensors')).equals(readFileSync(inFolder('all.safetensors')))).toBe(
    true,
  );
});

it('accepts files and folders, skips unreadable images, and then exits with 1', async () => {
  for (const [index, name] of ['b.png', 'deep/a.png', 'deep/c.PNG'].entries()) {
    writePng(inFolder('mine', name), sliceImage(test, index), [8, 8, 1]);
  }
  writeFileSync(inFolder('mine/broken.png'), 'text');
  writeFileSync(inFolder('mine/deep/photo.jpg'), 'a photo');
  const args = ['encode', 'runs/a', 'mine', '--out=mine.safetensors'];
  const { code, stdout, stderr } = await emerging.run(...args);
  expect(code).toBe(1);
  expect(stdout).toBe('3 images encoded as latents of 4x4x2, 2x2x8: mine.safetensors\n');
  expect(stderr).toContain(
    'skipped: mine/broken.png: not a PNG, .npy, FITS, JPEG, WebP, GIF, TIFF or AVIF image; convert it\n',
  );
  expect(stderr).toContain(
    'skipped: mine/deep/photo.jpg: not a PNG, .npy, FITS, JPEG, WebP, GIF, TIFF or AVIF image; convert it\n',
  );
  expect(stderr.endsWith('emerging: 2 images skipped\n')).toBe(true);

  await emerging.json('decode', 'runs/a', 'mine.safetensors', '--out=back/mine');
  for (const [index, name] of ['b.png', 'deep/a.png', 'deep/c.PNG'].entries()) {
    expect(readPixels(inFolder('back/mine', name)), name).toEqual(sliceImage(test, index));
  }
});

describe('images that the model does not return', () => {
  const model = fileURLToPath(new URL('../../../../models/mnist-small', import.meta.url));
  const noise = (seed: number, levels: number) => {
    const random = new RandomStream(seed, 'noise');
    return Uint8Array.from({ length: 784 }, () => random.integer(levels));
  };
  /** Black returns; a few pixels of the fainter noise differ, most of the other's. */
  const hard = { 'black.png': new Uint8Array(784), 'faint.png': noise(3, 200), 'noise.png': noise(2, 256) };

  beforeAll(() => {
    for (const [name, pixels] of Object.entries(hard)) {
      writePng(inFolder('hard', name), pixels, [28, 28, 1]);
    }
  });

  it('return every pixel with --exact, unless their latents are edited', async () => {
    const encoded = await emerging.run('encode', model, 'hard', '--exact', '--out=exact.safetensors');
    expect(encoded.stdout).toMatch(/\ncorrections stored: \d+ values in 1 image, 1 whole image\n$/);
    expect(encoded.stderr).not.toContain('cannot be decoded');
    expect(await emerging.json('encode', model, 'hard', '--exact', '--out=exact.safetensors')).toMatchObject({
      inexact: [],
      corrected: [1, 2],
    });
    const { code, stderr } = await emerging.run('decode', model, 'exact.safetensors', '--out=exact');
    expect(code).toBe(0);
    expect(stderr).toContain('2 images made exact with the corrections in the file\n');
    for (const [name, pixels] of Object.entries(hard)) {
      expect(readPixels(inFolder('exact', name)), name).toEqual(pixels);
    }

    // The faint noise with the latents of black.
    const { tensors, metadata } = decodeSafetensors(readFileSync(inFolder('exact.safetensors')), 'exact');
    for (const path of ['latent/0', 'latent/1']) {
      const { data } = tensors.get(path)!;
      data.copyWithin(data.length / 3, 0, data.length / 3);
    }
    writeFileSync(inFolder('edited.safetensors'), encodeSafetensors(tensors, metadata));
    const edited = await emerging.run('decode', model, 'edited.safetensors', '--out=edited');
    expect(edited.code).toBe(0);
    expect(edited.stderr).toContain('no corrections applied to 1 image with edited latents: faint.png\n');
    expect(readPixels(inFolder('edited/faint.png'))).toEqual(hard['black.png']);
    expect(readPixels(inFolder('edited/noise.png'))).toEqual(hard['noise.png']);
  });
});
