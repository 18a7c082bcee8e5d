// `emerging compress` and `decompress`: files and datasets there and back, and clear errors.
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { compress } from '../../codec/compress.ts';
import { encodeHeader, readHeader } from '../../codec/file/header.ts';
import { recordsIn } from '../../codec/file/records.ts';
import { decodeImage } from '../../data/formats/imageDecoding.ts';
import { contactSheet } from '../../pictures/contactSheet.ts';
import { inMemory } from '../../storage/randomAccess.ts';
import { commandProcess } from '../../testing/command.ts';
import { writePng } from '../../testing/pngFiles.ts';
import { randomModel } from '../../testing/randomModel.ts';
import { tinyImages, tinyTraining, writeTinyDataset } from '../../testing/tinyImages.ts';
import { loadTrained } from '../../trained/loading/loadTrained.ts';
import { weightsBytes } from '../../trained/loading/readExport.ts';
import { fingerprintOf } from '../../trained/model/trainedModel.ts';

const { folder, run, json, interrupt, words } = commandProcess();
const at = (...names: string[]): string => join(folder, ...names);
/** Threads take longer to start than these files to read. */
const oneWorker = '--workers=1';
const digitsModel = fileURLToPath(new URL('../../../models/mnist-small', import.meta.url));

beforeAll(async () => {
  writeTinyDataset(at('data'));
  writeTinyDataset(at('many'), { tests: 4000 });
  const trained = await run('train', '--data=data', '--out=run', ...tinyTraining, '--set=training.steps=4');
  expect(trained.code).toBe(0);
  mkdirSync(at('photos', 'more'), { recursive: true });
  const images = tinyImages(5, 8, 9);
  ['a.png', 'b.png', 'more/a.png', 'more/B.png', 'more/c.png'].forEach((name, index) => {
    const pixels = images.subarray(index * 64, (index + 1) * 64);
    writeFileSync(at('photos', name), contactSheet(pixels, { imageShape: [8, 8, 1], scale: 1 }));
  });
});

/** Bytes without structure. */
function noise(count: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length: count }, () => {
    state = (state * 48271) % 2147483647;
    return state & 255;
  });
}

async function pixelsIn(file: string): Promise<number[]> {
  const { data } = await decodeImage(readFileSync(file), file);
  return [...data];
}

it('compresses a folder with the model inside, and writes the same images back', async () => {
  const made = await json('compress', 'photos', '--model=run', '--out=photos.eflow');
  expect(made).toMatchObject({ file: 'photos.eflow', step: 4, images: 5, skipped: [] });
  expect(readFileSync(at('photos.eflow'))).toHaveLength(made.bytes);
  expect(made.modelBytes).toBeGreaterThan(1000);
  const back = await json('decompress', 'photos.eflow', '--out=back');
  expect(back).toEqual({
    out: 'back',
    images: 5,
    files: ['a.png', 'b.png', 'more/B.png', 'more/a.png', 'more/c.png'],
    damaged: [],
  });
  for (const name of back.files) {
    expect(await pixelsIn(at('back', name))).toEqual(await pixelsIn(at('photos', name)));
  }
});

it('compresses a dataset in blocks, in several threads, without the model', async () => {
  const made = await run(
    'compress',
    '--data=data',
    '--model=run',
    '--out=set.eflow',
    '--block=20',
    '--workers=2',
    '--no-embed',
  );
  expect(made.code, made.stderr).toBe(0);
  expect(made.stdout).toMatch(
    /^48 images in [\d.]+ KiB: set.eflow\n[\d.]+ bits\/dim without the model; as PNG about [\d.]+\n$/,
  );
  const refused = await run('decompress', 'set.eflow', '--out=set');
  expect(refused).toMatchObject({
    code: 1,
    stderr: "emerging: set.eflow doesn't contain its model: name it with --model MODEL\n",
  });
  const back = await json('decompress', 'set.eflow', '--model=run', '--out=set', oneWorker);
  expect(back.files).toHaveLength(48);
  expect(back.files[47]).toBe('test-00047.png');
  expect(await pixelsIn(at('set', 'test-00047.png'))).toEqual([...tinyImages(48, 8, 1).subarray(47 * 64)]);
});

it('reads no more files than --count', async () => {
  mkdirSync(at('counted'));
  cpSync(at('photos/a.png'), at('counted/a.png'));
  writeFileSync(at('counted/b.png'), 'no image');
  const made = await json('compress', 'counted', '--count=1', '--model=run', '--out=counted.eflow');
  expect(made).toMatchObject({ images: 1, skipped: [] });
});

it('says when PNG would be smaller', async () => {
  const digits = ['compress', 'mnist', '--count=100', `--model=${digitsModel}`, '--out=again.eflow'];
  const { stderr } = await run(...digits);
  expect(stderr).toMatch(
    /^PNG would be smaller: about [\d.]+ KiB; leave the model out with --no-embed \([\d.]+ KiB\), or compress about [\d,]+ such images or more$/m,
  );
  writePng(at('noise.png'), noise(64), [8, 8, 1]);
  const noisy = await run('compress', 'noise.png', '--model=run', '--out=noise.eflow');
  expect(noisy.stderr).toMatch(
    /B; keep PNG, compress more such images, or train a model on images like these$/m,
  );
});

/** Which parts of a file with a damaged block are lost. */
const lost =
  'damaged.eflow: block 2 is damaged: 8 images are lost: test-00040.png, test-00041.png, test-00042.png and 5 more';

it('writes what a damaged file still has, reports the rest, and exits with 1', async () => {
  await run('compress', '--data=data', '--model=run', '--out=whole.eflow', '--block=20', '--workers=1');
  const bytes = readFileSync(at('whole.eflow'));
  bytes[bytes.length - 300]! ^= 4;
  writeFileSync(at('damaged.eflow'), bytes);
  const { code, stdout, stderr } = await run('decompress', 'damaged.eflow', '--out=some', oneWorker);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '40 images: some\n' });
  expect(stderr).toContain(lost);
  expect(stderr).toMatch(
    /damaged\.eflow: 8 of 48 images are missing\n(.*\n)*emerging: damaged\.eflow is damaged: use another copy\n$/,
  );
});

it('writes or lists what is chosen of a damaged file, and says what is lost', async () => {
  const two = ['--only', 'test-00001.png', 'test-00047.png'];
  const part = await run('decompress', 'damaged.eflow', '--out=part', ...two, oneWorker);
  expect(part).toMatchObject({ code: 1, stdout: '1 image: part\n' });
  expect(part.stderr).not.toContain('no image');
  const none = await run('decompress', 'damaged.eflow', '--out=none', '--only=test-00047.png');
  expect(none.stderr).toContain(
    'emerging: damaged.eflow is damaged: none of the chosen images can be read; use another copy',
  );
  expect(none.code).toBe(1);
  expect(existsSync(at('none'))).toBe(false);
  const listed = await run('decompress', 'damaged.eflow', '--list', '--range=38-47');
  expect(listed.code).toBe(1);
  expect(listed.stderr).toContain(lost);
  expect(listed.stdout).toMatch(/test-00039\.png\n$/);
});

it('lists what a file contains without decoding it', async () => {
  await json('compress', 'photos', '--model=run', '--out=listed.eflow', '--block=2', '--workers=1');
  const list = await json('decompress', 'listed.eflow', '--list');
  expect(list).toMatchObject({
    file: 'listed.eflow',
    bytes: readFileSync(at('listed.eflow')).length,
    model: { imageShape: [8, 8, 1] },
    tiles: false,
    damaged: [],
  });
  expect(list.model.bytes).toBeGreaterThan(1000);
  expect(list.model.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  expect(list.blocks.map(({ images }: { images: number }) => images)).toEqual([2, 2, 1]);
  expect(list.images[4]).toEqual({ position: 4, name: 'more/c.png', shape: [8, 8, 1], block: 2 });
  const text = await run('decompress', 'listed.eflow', '--list', '--model=run', '--only=more');
  expect(text.code, text.stderr).toBe(0);
  expect(text.stdout).toMatch(
    /^5 images in 3 blocks, [\d.]+ KiB\nmodel: [\d.]+ KiB; images of 8x8x1; fingerprint [0-9a-f]{64}, as of the given model\n/,
  );
  expect(text.stdout).toMatch(/\nPOSITION {2}BLOCK {2}SHAPE {2}NAME\n( +\d +\d {2}8x8x1 {2}more\/.*\n){3}$/);
  const other = await run('decompress', 'listed.eflow', '--list', `--model=${digitsModel}`);
  expect(other.stderr).toContain('listed.eflow was compressed with another model');
});

it('refuses an empty folder, and images of which none fits, in one line, and replaces nothing', async () => {
  mkdirSync(at('empty'));
  mkdirSync(at('notes'));
  writeFileSync(at('notes/a.txt'), 'no image');
  mkdirSync(at('broken'));
  writeFileSync(at('broken/a.png'), 'no image');
  writeFileSync(at('present.eflow'), 'before');
  for (const [folder, message] of [
    [
      'empty',
      'empty: no PNG, .npy, FITS, JPEG, WebP, GIF, TIFF or AVIF images found; name image files, folders of them, or a dataset',
    ],
    [
      'notes',
      'notes: no PNG, .npy, FITS, JPEG, WebP, GIF, TIFF or AVIF images found; name image files, folders of them, or a dataset',
    ],
    ['broken', 'nothing was compressed: broken/a.png'],
  ] as const) {
    const { code, stderr } = await run('compress', folder, '--model=run', '--out=present.eflow');
    expect(stderr.match(/emerging: .*/g)).toHaveLength(1);
    expect(stderr).toContain(`emerging: ${message}`);
    expect(code).toBe(1);
    expect(readFileSync(at('present.eflow'), 'utf8')).toBe('before');
  }
});

it('reports bytes after the end of a file, and damage only if names are lost', async () => {
  await json('compress', 'photos', '--model=run', '--out=padded.eflow');
  appendFileSync(at('padded.eflow'), 'more');
  const { code, stdout, stderr } = await run('decompress', 'padded.eflow', '--out=padded');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '5 images: padded\n' });
  expect(stderr).toMatch(
    /padded\.eflow: 4 bytes after its end were ignored\n(.*\n)*emerging: padded\.eflow is damaged, but all its images were written\n$/,
  );
  const other = await run('decompress', 'padded.eflow', '--list', '--only=d.png');
  expect(other.stderr).toContain('has no image and no folder d.png: did you mean a.png or b.png?\n');
  // The marks of both blocks after the first: their names are lost too.
  await json('compress', 'photos', '--model=run', '--out=blocks.eflow', '--block=2', '--workers=1');
  const bytes = readFileSync(at('blocks.eflow'));
  for (
    let mark = bytes.indexOf('ef6c0d0a', 0, 'hex');
    mark >= 0;
    mark = bytes.indexOf('ef6c0d0a', mark + 1, 'hex')
  ) {
    if (bytes.readUInt32LE(mark + 4) === 0 && bytes.readUInt32LE(mark + 8) > 0) {
      bytes[mark]! ^= 1;
    }
  }
  writeFileSync(at('blocks.eflow'), bytes);
  const lost = await run('decompress', 'blocks.eflow', '--out=lost', '--only=d.png');
  expect(lost.stderr).toMatch(
    /has no image and no folder d\.png; it may be among the lost images: did you mean a\.png or b\.png\?\n$/,
  );
});

it('writes images whose names are a file and a folder, and says how', async () => {
  const names = ['photo.jpg', 'photo.jpg.png/x.png', 'a.png/b', 'a.png'];
  const shape = [8, 8, 1] as const;
  const images = names.map((name, index) => ({ name, shape, pixels: tinyImages(1, 8, index) }));
  writeFileSync(at('same.eflow'), await compress(await loadTrained(at('run')), images));
  const { code, stdout, stderr } = await run('decompress', 'same.eflow', '--out=same', '--json', oneWorker);
  const { files } = JSON.parse(stdout);
  expect(files).toEqual(['photo.jpg.png', 'photo.jpg.png.png/x.png', 'a.png/b.png', 'a.png.png']);
  expect(code).toBe(0);
  expect(stderr).toContain(
    'cannot be kept on every system: photo.jpg.png/x.png as photo.jpg.png.png/x.png, …\n',
  );
  for (const [index, file] of files.entries()) {
    expect(await pixelsIn(at('same', file))).toEqual([...images[index]!.pixels]);
  }
});

it('leaves out a block that is there twice, reports it, and exits with 1', async () => {
  await run('compress', '--data=data', '--model=run', '--out=once.eflow', '--block=20', '--workers=1');
  const bytes = readFileSync(at('once.eflow'));
  const { end } = await readHeader(inMemory(bytes, 'f'), 'f');
  const { value: first } = await recordsIn(inMemory(bytes, 'f'), end).next();
  writeFileSync(
    at('double.eflow'),
    Buffer.concat([bytes.subarray(0, first.end), bytes.subarray(first.start)]),
  );
  const line = 'double.eflow: block 0 is there twice or out of order: the later one was left out\n';
  for (const what of ['--out=double', '--list']) {
    const { code, stderr } = await run('decompress', 'double.eflow', what);
    expect(code).toBe(1);
    expect(stderr).toContain(line);
  }
  expect(readdirSync(at('double'))).toHaveLength(48);
});

it('compresses a file once that is named twice, and notes it', async () => {
  const { stderr } = await run('compress', 'photos', 'photos/a.png', '--model=run', '--out=twice.eflow');
  expect(stderr).toContain('1 file named more than once; each is compressed once\n');
  expect((await json('decompress', 'twice.eflow', '--list')).images).toHaveLength(5);
});

it('cuts images of other sizes into tiles', async () => {
  const pixels = tinyImages(1, 20, 3);
  writeFileSync(at('large.png'), contactSheet(pixels, { imageShape: [20, 20, 1], scale: 1 }));
  const refused = await run('compress', 'large.png', '--model=run', '--out=large.eflow');
  expect(refused.stderr).toContain(
    'large.png is 20x20x1 grey, but the model takes 8x8x1 grey (height x width x channels): add --tiles to cut it into tiles',
  );
  await json('compress', 'large.png', '--model=run', '--out=large.eflow', '--tiles');
  await json('decompress', 'large.eflow', '--out=large');
  expect(await pixelsIn(at('large', 'large.png'))).toEqual([...pixels]);
});

it('keeps what was there if it is stopped', async () => {
  writeFileSync(at('kept.eflow'), 'before');
  const { code } = await interrupt(
    'SIGINT',
    'compressing',
    'compress',
    '--data=many',
    '--model=run',
    '--block=1',
    oneWorker,
    '--out=kept.eflow',
  );
  expect(code).toBe(130);
  expect(readFileSync(at('kept.eflow'), 'utf8')).toBe('before');
});

it('reports a full disk in one line, and leaves nothing under the name of the file', async () => {
  const call = words(
    'compress',
    '--data=many',
    '--model=run',
    '--block=20',
    '--workers=1',
    '--out=full.eflow',
  );
  const limited = ['-c', 'ulimit -f 40; exec "$@"', 'bash', ...call];
  const { status, stderr } = spawnSync('bash', limited, { cwd: folder, encoding: 'utf8' });
  expect(stderr).toMatch(
    /\nemerging: cannot write full\.eflow: it would be larger than the system allows; [^\n]*\n$/,
  );
  expect(status).toBe(1);
  expect(readdirSync(folder).filter((name) => name.startsWith('full.eflow'))).toEqual([]);
});

it('announces that a large model takes much memory, before it begins', async () => {
  const large = randomModel([512, 512, 3], { width: 64 }, 0);
  const { imageShape } = large.model;
  const header = { model: fingerprintOf(large), imageShape, runtime: '', tiles: false };
  writeFileSync(at('large-model.eflow'), encodeHeader(header, weightsBytes(large)));
  const { stderr } = await interrupt('SIGKILL', 'memory', 'decompress', 'large-model.eflow', '--out=none');
  expect(stderr).toMatch(/^decompressing takes about \d\.\d GiB of memory\n$/);
});

it('writes only the images that are chosen, by name, folder or position', async () => {
  await run('compress', 'photos', '--model=run', '--out=some.eflow', '--block=2', '--workers=1');
  const chosen = await json(
    'decompress',
    'some.eflow',
    '--only',
    'more',
    '--out=chosen',
    '--range=0',
    oneWorker,
  );
  expect(chosen.files).toEqual(['a.png', 'more/B.png', 'more/a.png', 'more/c.png']);
  expect(await pixelsIn(at('chosen', 'more/c.png'))).toEqual(await pixelsIn(at('photos', 'more/c.png')));
  for (const [choice, message] of [
    ['--only=c.png', 'some.eflow has no image and no folder c.png: did you mean more/c.png?\n'],
    ['--range=5-9', 'some.eflow has no image at position 5: it has 5 images, counted from 0\n'],
    ['--range=3-1', 'It must be two positions from 0, as in 200-299, or a single one.'],
  ] as const) {
    const { code, stderr } = await run('decompress', 'some.eflow', choice, '--out=none');
    expect(stderr).toContain(message);
    expect(code).toBe(2);
    expect(existsSync(at('none'))).toBe(false);
  }
  const beyond = await run('decompress', 'some.eflow', '--range=3-7', '--out=beyond', oneWorker);
  expect(beyond).toMatchObject({ code: 0, stdout: '2 images: beyond\n' });
  expect(beyond.stderr).toContain('some.eflow has only 5 images: the last position is 4, not 7\n');
});

it.each([
  [['compress', '--model=run', '--out=x.eflow'], 2, 'no images: name image files, folders or a dataset'],
  [
    ['compress', 'photos', '--data=data', '--model=run', '--out=x.eflow'],
    2,
    'images and --data cannot be combined: use one of them',
  ],
  [['compress', 'photos', '--model=photos', '--out=x.eflow'], 2, 'photos'],
  [['compress', 'photos', '--model=run', '--out=missing/x.eflow'], 2, 'there is no folder missing'],
  [
    ['compress', 'photos/a.png', '--model=run', '--out=photos/a.png'],
    2,
    'photos/a.png would replace one of the inputs; choose another name',
  ],
  [
    ['compress', 'photos', '--model=run', '--out=photos/a.png'],
    2,
    'photos/a.png would replace one of the inputs; choose another name',
  ],
  [
    ['decompress', 'photos/a.png', '--out=x'],
    1,
    'photos/a.png is not a file of compressed images; name one (its name usually ends in .eflow)',
  ],
  [['decompress', 'nothing.eflow', '--out=x'], 1, 'nothing.eflow'],
  [
    ['decompress', 'photos.eflow'],
    2,
    'name a folder for the images with --out, or print what the file contains with --list',
  ],
  [['decompress', 'photos.eflow', '--list', '--out=x'], 2, '--list writes no images: leave out --out'],
  [['decompress', 'photos.eflow', '--out=photos'], 2, 'photos is not empty'],
])('refuses %j', async (args, code, message) => {
  const result = await run(...args);
  expect(result.stderr).toContain(message);
  expect(result.code).toBe(code);
});
