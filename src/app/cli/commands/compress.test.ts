// `emerging compress` and `decompress`: files and datasets there and back, and clear errors.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { npyBytes } from '../../../data/formats/npy.ts';
import { commandProcess } from '../../../testing/command.ts';
import { readPixels, writePng, writeTinyPngs } from '../../../testing/pngFiles.ts';
import { tinyImages, tinyTraining, writeTinyDataset } from '../../../testing/tinyImages.ts';

const { folder, run, json, trainTiny, interrupt, refused, refusedWith, words } = commandProcess();
const inFolder = (...names: string[]): string => join(folder, ...names);
/** Threads take longer to start than these files to read. */
const oneWorker = '--workers=1';
const digitsModel = fileURLToPath(new URL('../../../../models/mnist-small', import.meta.url));

beforeAll(async () => {
  writeTinyDataset(inFolder('many'), { tests: 4000 });
  await trainTiny('--steps=4', '--no-test', '--out=run');
  writeTinyPngs(inFolder('photos'), ['a.png', 'b.png', 'more/a.png', 'more/B.png', 'more/c.png'], 9);
});

it('compresses a folder with the model inside, and writes the same images back', async () => {
  const report = await json('compress', 'photos', '--model=run', '--out=photos.eflow');
  expect(report).toMatchObject({ file: 'photos.eflow', step: 4, images: 5, skipped: [] });
  expect(readFileSync(inFolder('photos.eflow'))).toHaveLength(report.bytes);
  expect(report.modelBytes).toBeGreaterThan(500);
  const back = await json('decompress', 'photos.eflow', '--out=back');
  expect(back).toEqual({
    out: 'back',
    images: 5,
    files: ['a.png', 'b.png', 'more/B.png', 'more/a.png', 'more/c.png'],
    damaged: [],
  });
  for (const name of back.files) {
    expect(readPixels(inFolder('back', name))).toEqual(readPixels(inFolder('photos', name)));
  }
});

/** Which parts of a file with a damaged block are lost. */
const lost =
  'damaged.eflow: block 2 is damaged: 8 images are lost: test-00040.png, test-00041.png, test-00042.png and 5 more';

it('writes what a damaged file still has, reports the rest, and exits with 1', async () => {
  await run('compress', '--data=data', '--model=run', '--out=whole.eflow', '--block=20', '--workers=1');
  const bytes = readFileSync(inFolder('whole.eflow'));
  bytes[bytes.length - 300]! ^= 4;
  writeFileSync(inFolder('damaged.eflow'), bytes);
  const { code, stdout, stderr } = await run('decompress', 'damaged.eflow', '--out=some', oneWorker);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '40 images: some\n' });
  expect(stderr).toContain(lost);
  expect(stderr).toMatch(
    /damaged\.eflow: 8 of 48 images are missing\n(.*\n)*emerging: damaged\.eflow is damaged: use another copy\n$/,
  );
});

it('lists what a file contains without decoding it', async () => {
  await json('compress', 'photos', '--model=run', '--out=listed.eflow', '--block=2', '--workers=1');
  const list = await json('decompress', 'listed.eflow', '--list');
  expect(list).toMatchObject({
    file: 'listed.eflow',
    bytes: readFileSync(inFolder('listed.eflow')).length,
    model: { imageShape: [8, 8, 1] },
    tiles: false,
    damaged: [],
  });
  expect(list.model.bytes).toBeGreaterThan(500);
  expect(list.model.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  expect(list.blocks.map(({ images }: { images: number }) => images)).toEqual([2, 2, 1]);
  expect(list.images[4]).toEqual({ position: 4, name: 'more/c.png', shape: [8, 8, 1], block: 2 });
  const text = await run('decompress', 'listed.eflow', '--list', '--model=run', '--only=more');
  expect(text.code, text.stderr).toBe(0);
  expect(text.stdout).toMatch(
    /^5 images in 3 blocks, [\d.]+ KiB\nmodel: [\d.]+ \w+; images of 8x8x1; fingerprint [0-9a-f]{64}, as of the given model\n/,
  );
  expect(text.stdout).toMatch(/\nPOSITION {2}BLOCK {2}SHAPE {2}NAME\n( +\d +\d {2}8x8x1 {2}more\/.*\n){3}$/);
  const listing = await run('decompress', 'listed.eflow', '--list', `--model=${digitsModel}`);
  expect(listing.stderr).toContain('listed.eflow was compressed with another model');
});

it('refuses a folder without usable images in one line, and replaces nothing', async () => {
  mkdirSync(inFolder('notes'));
  writeFileSync(inFolder('notes/a.txt'), 'no image');
  mkdirSync(inFolder('broken'));
  writeFileSync(inFolder('broken/a.png'), 'no image');
  writeFileSync(inFolder('present.eflow'), 'before');
  for (const [folder, message] of [
    [
      'notes',
      'notes: no PNG, .npy, FITS, JPEG, WebP, GIF, TIFF or AVIF images found; name image files, folders of them, or a dataset',
    ],
    ['broken', 'nothing was compressed: broken/a.png'],
  ] as const) {
    expect(await refusedWith(1, 'compress', folder, '--model=run', '--out=present.eflow')).toContain(message);
    expect(readFileSync(inFolder('present.eflow'), 'utf8')).toBe('before');
  }
});

it('cuts images of other sizes into tiles', async () => {
  const pixels = tinyImages(1, 20, 3);
  writePng(inFolder('large.png'), pixels, [20, 20, 1]);
  await json('compress', 'large.png', '--model=run', '--out=large.eflow', '--tiles');
  await json('decompress', 'large.eflow', '--out=large');
  expect(readPixels(inFolder('large', 'large.png'))).toEqual(pixels);
});

it('keeps what was there if it is stopped', async () => {
  writeFileSync(inFolder('kept.eflow'), 'before');
  const { code } = await interrupt(
    'SIGINT',
    'compressing',
    'compress --data=many --model=run --block=1 --out=kept.eflow',
    oneWorker,
  );
  expect(code).toBe(130);
  expect(readFileSync(inFolder('kept.eflow'), 'utf8')).toBe('before');
});

it('reports a full disk in one line, and leaves nothing under the name of the file', async () => {
  const call = words('compress --data=many --model=run --block=20 --workers=1 --out=full.eflow');
  const limited = ['-c', 'ulimit -f 40; exec "$@"', 'bash', ...call];
  const { status, stderr } = spawnSync('bash', limited, { cwd: folder, encoding: 'utf8' });
  expect(stderr).toMatch(
    /\nemerging: cannot write full\.eflow: it would be larger than the system allows; [^\n]*\n$/,
  );
  expect(status).toBe(1);
  expect(readdirSync(folder).filter((name) => name.startsWith('full.eflow'))).toEqual([]);
});

it('writes only the images that are chosen, by name, folder or position', async () => {
  await run('compress', 'photos', '--model=run', '--out=some.eflow', '--block=2', '--workers=1');
  const chosen = await json('decompress some.eflow --only more --out=chosen --range=0', oneWorker);
  expect(chosen.files).toEqual(['a.png', 'more/B.png', 'more/a.png', 'more/c.png']);
  expect(readPixels(inFolder('chosen', 'more/c.png'))).toEqual(readPixels(inFolder('photos', 'more/c.png')));
  expect(await refusedWith(2, 'decompress', 'some.eflow', '--only=c.png', '--out=none')).toBe(
    'some.eflow has no image and no folder c.png: --list shows its names',
  );
  expect(existsSync(inFolder('none'))).toBe(false);
  const beyond = await run('decompress', 'some.eflow', '--range=3-7', '--out=beyond', oneWorker);
  expect(beyond).toMatchObject({ code: 0, stdout: '2 images: beyond\n' });
  expect(beyond.stderr).toContain('some.eflow has only 5 images: the last position is 4, not 7\n');
});

it.each([
  [['compress', '--model=run', '--out=x.eflow'], 'no images: name image files, folders or a dataset'],
  [['compress', 'photos', '--model=photos', '--out=x.eflow'], 'photos'],
  [
    ['compress', 'photos', '--model=run', '--out=photos/a.png'],
    'photos/a.png would replace one of the inputs',
  ],
  [['decompress', 'photos/a.png', '--out=x'], 'photos/a.png is not a file of compressed images; name one'],
  [['decompress', 'photos.eflow'], 'name a folder for the images with --out, or print what the file'],
  [['decompress', 'photos.eflow', '--step=1', '--out=x'], '--step needs --model RUN'],
  [['decompress', 'photos.eflow', '--list', '--out=x'], '--list writes no images: leave out --out'],
  [['decompress', 'photos.eflow', '--out=photos'], 'photos is not empty'],
  [
    ['decompress', 'photos.eflow', '--out=x', '--range=3-1'],
    'It must be two positions from 0, as in 200-299',
  ],
])('refuses %j', async (args, message) => {
  expect(await refused(...args)).toContain(message);
});

it('takes all images of an array', async () => {
  writeFileSync(inFolder('stack.npy'), npyBytes(tinyImages(4, 8, 3), [4, 8, 8]));
  const compressed = await json('compress', 'stack.npy', '--model=run', '--out=stack.eflow');
  expect(compressed).toMatchObject({ images: 4, skipped: [] });
  const { files } = await json('decompress', 'stack.eflow', '--out=unstacked');
  expect(files).toEqual([0, 1, 2, 3].map((image) => `stack.npy/${image}.png`));
  expect(readPixels(inFolder('unstacked', files[1]))).toEqual(tinyImages(4, 8, 3).slice(64, 128));
  const some = await json('compress', 'stack.npy', '--count=2', '--model=run', '--out=some-of.eflow');
  expect(some).toMatchObject({ images: 2 });
  const message = await refused('compress', 'stack.npy', 'photos/a.png', '--model=run', '--out=x.eflow');
  expect(message).toContain('an array of shape 4 x 8 x 8 holds 4 images, and only one is read here');
});

it('says that models of two channels are not for PNG, and decodes them to arrays', async () => {
  writeFileSync(inFolder('two.npy'), npyBytes(tinyImages(200, 8, 3), [100, 8, 8, 2]));
  const training = [...tinyTraining, '--set=training.steps=2', '--threads=1', '--no-test'];
  await json('train', '--data=two.npy', '--out=two', ...training);
  expect(await refused('compress', 'two.npy', '--model=two', '--out=two.eflow')).toContain(
    'two is a model of images with 2 channels, but emerging decompress writes PNG files',
  );
  await json('encode', 'two', '--data=two.npy', '--count=2', '--exact', '--out=two.safetensors');
  const { files } = await json('decode', 'two', 'two.safetensors', '--out=decoded');
  expect(files).toHaveLength(2);
  expect(files[0]).toMatch(/\.npy$/);
});
