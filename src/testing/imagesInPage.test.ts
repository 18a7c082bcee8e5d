// Images in a page: the pixels, splits and errors of Node, from files, folders, archives and prepared files.
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { UserError } from '../core/errors.ts';
import { fixture, formulaImage } from '../data/fixtures/formula.ts';
import { decodeImage } from '../data/formats/imageDecoding.ts';
import { prepareDataset } from '../data/prepareDataset.ts';
import { openDataset } from '../data/registry.ts';
import { readImageFiles } from '../data/sources/imageFiles.ts';
import { bundle, describeInChromium } from './browser.ts';
import { described } from './describedDataset.ts';
import { openPage } from './pages.ts';
import { writePng } from './pngFiles.ts';
import { temporaryFolder } from './temporaryFolder.ts';

/** What a page and Node say about an image: its pixels or the error. */
type Decoded =
  | {
      readonly shape: readonly number[];
      readonly notes: readonly string[];
      readonly pixels: readonly number[];
    }
  | { readonly code: string; readonly message: string };

const script = `
  import { configureRuntime } from 'emerging-flows';
  import * as library from 'emerging-flows/data';
  import { decodeImage } from '../dist/data/formats/imageDecoding.js';
  import { described } from '../dist/testing/describedDataset.js';
  const failure = (error) => ({ code: error.code ?? error.name, message: error.message });
  globalThis.decode = async (text) => {
    const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
    try {
      const { height, width, channels, notes, data } = await decodeImage(bytes, 'x');
      return { shape: [height, width, channels], notes, pixels: [...data] };
    } catch (error) {
      return failure(error);
    }
  };
  globalThis.open = async (source, options) => {
    const progress = [];
    try {
      const dataset = await library.openImages(await source, { ...options, onProgress: (...of) => progress.push(of) });
      return { ...described(dataset), name: dataset.name, damaged: dataset.damaged, warnings: dataset.warnings, whyNoLabels: dataset.whyNoLabels, progress };
    } catch (error) {
      return failure(error);
    }
  };
  globalThis.library = library;
  globalThis.described = described;
`;

const smooth = (height: number, width: number, channels: number): Uint8Array =>
  Uint8Array.from({ length: height * width * channels }, (_, index) => {
    const [row, column] = [Math.floor(index / (width * channels)), Math.floor(index / channels) % width];
    return 20 + 6 * row + 7 * column + 30 * (index % channels);
  });

/** Files of every kind, by a name that says which. */
async function files(): Promise<Record<string, Uint8Array>> {
  const [height, width] = [11, 14];
  const picture = (channels: 1 | 3 | 4) =>
    sharp(smooth(height, width, channels), { raw: { height, width, channels } });
  const noise = sharp(
    formulaImage(3, 24, 24, 4).map((value, index) => (index % 4 === 3 ? (value * 7 + index) & 255 : value)),
    { raw: { height: 24, width: 24, channels: 4 } },
  );
  const fileBytes: Record<string, Uint8Array> = {
    'a grey JPEG': await picture(1).toColourspace('b-w').jpeg().toBuffer(),
    'a progressive JPEG': await picture(3).jpeg({ progressive: true, quality: 70 }).toBuffer(),
    'a JPEG with all its colours': await picture(3)
      .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
      .toBuffer(),
    'a lossy WebP': await picture(3).webp({ quality: 60 }).toBuffer(),
    'a transparent WebP': await noise.webp({ lossless: true, exact: true }).toBuffer(),
    'a lossy transparent WebP': await noise.webp({ quality: 80 }).toBuffer(),
    '16 bits with alpha': await noise.toColourspace('rgb16').png().toBuffer(),
  };
  for (const icc of ['srgb', 'p3']) {
    for (const orientation of [1, 3, 6, 8]) {
      const turned = () => picture(3).withMetadata({ orientation, icc });
      fileBytes[`JPEG ${icc} ${orientation}`] = await turned().jpeg().toBuffer();
      fileBytes[`WebP ${icc} ${orientation}`] = await turned().webp({ lossless: true }).toBuffer();
      fileBytes[`PNG ${icc} ${orientation}`] = await turned().png({ progressive: true }).toBuffer();
    }
  }
  for (const bits of [1, 2, 4]) {
    for (const progressive of [false, true]) {
      const few = picture(1).toColourspace('b-w');
      const options = { progressive, palette: true, colours: 2 ** bits, dither: 0 };
      fileBytes[`${bits} bits, ${progressive}`] = await few.png(options).toBuffer();
    }
  }
  const names = readdirSync(fixture('.')).filter(
    (name) => /\.(png|jpeg|webp)$/.test(name) && name !== 'cmyk.jpeg',
  );
  for (const name of names) {
    fileBytes[name] = readFileSync(fixture(name));
  }
  return fileBytes;
}

/** What Node makes of the same images, fitted to a size. */
async function preparedInNode(path: string, size: number) {
  const file = `${path}-${size}.images`;
  const { damaged } = (await prepareDataset(path, { size, out: file }))!;
  return { ...described(await openDataset(file, { validation: 0.1 })), damaged: damaged.length };
}

describeInChromium('in Chromium', () => {
  const folder = temporaryFolder();
  let photos: Awaited<ReturnType<typeof preparedInNode>>;
  let page: Page;
  let close: () => Promise<void>;
  const inFolder = (...names: string[]): string => join(folder, ...names);
  beforeAll(async () => {
    ({ page, close } = await openPage(await bundle(script)));
    await page.waitForFunction('globalThis.library');
    // A set of photos of several sizes, a broken one, one of a foreign format, and text.
    for (let index = 0; index < 60; index++) {
      const [height, width] = [9 + (index % 3), 8 + (index % 5)];
      writePng(
        inFolder('photos', `set ${index % 2}`, `${index}.png`),
        formulaImage(index, height, width, 3),
        [height, width, 3],
      );
    }
    copyFileSync(fixture('smooth.jpeg'), inFolder('photos', 'smooth.jpeg'));
    writeFileSync(inFolder('photos', 'broken.png'), readFileSync(fixture('opaque.png')).subarray(0, 80));
    writeFileSync(inFolder('photos', 'phone.heic'), '');
    writeFileSync(inFolder('photos', 'notes.txt'), 'no image');
    writeFileSync(inFolder('photos', '.hidden.png'), 'no image');
    photos = await preparedInNode(inFolder('photos'), 8);
  });
  afterAll(() => close());

  const inPage = async (bytes: Uint8Array): Promise<Decoded> =>
    (await page.evaluate(`decode('${Buffer.from(bytes).toString('base64')}')`)) as Decoded;
  const inNode = async (bytes: Uint8Array): Promise<Decoded> => {
    try {
      const { height, width, channels, notes, data } = await decodeImage(bytes, 'x');
      return { shape: [height, width, channels], notes, pixels: [...data] };
    } catch (error) {
      const { code, message } = error as UserError;
      return { code, message };
    }
  };

  it('are decoded to the pixels of Node, from files of every kind', async () => {
    for (const [name, bytes] of Object.entries(await files())) {
      expect(await inPage(bytes), name).toEqual(await inNode(bytes));
    }
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['text', Buffer.from('GIF89a and so on')],
    ['half a JPEG', readFileSync(fixture('smooth.jpeg')).subarray(0, 600)],
    ['half a WebP', readFileSync(fixture('lossless.webp')).subarray(0, 40)],
    ['half a PNG', readFileSync(fixture('opaque.png')).subarray(0, 80)],
    ['a PNG with a flipped bit', readFileSync(fixture('opaque.png')).map((v, i) => (i === 60 ? v ^ 4 : v))],
  ])('are refused with the code of Node: %s', async (_, bytes) => {
    const [actual, expected] = [await inPage(bytes), await inNode(bytes)];
    expect(actual).toMatchObject({ code: 'invalid-data', message: expect.stringMatching(/^x: [^\n]*$/) });
    expect(expected).toMatchObject({ code: 'invalid-data' });
  });

  it('are refused if browsers and Node would differ, or they are enormous', async () => {
    expect(await inPage(readFileSync(fixture('cmyk.jpeg')))).toEqual({
      code: 'unsupported',
      message: 'x: a CMYK image; convert it to RGB',
    });
    // Its header says 60,000 x 60,000 pixels.
    const jpeg = readFileSync(fixture('smooth.jpeg'));
    const offset = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
    const large = Buffer.from(jpeg);
    large.writeUInt16BE(60_000, offset + 5);
    large.writeUInt16BE(60_000, offset + 7);
    expect(await inPage(large)).toMatchObject({
      message: expect.stringMatching(/^x: 60000x60000 pixels are too many/),
    });
  });

  /** Opens what an expression in the page gives. */
  // biome-ignore lint/suspicious/noExplicitAny: the page sends JSON.
  const open = (source: string, options: object = {}): Promise<any> =>
    page.evaluate(`open(${source}, ${JSON.stringify(options)})`);

  const fit = { size: 8, validation: 0.1 };

  async function expectPhotos(opened: Awaited<ReturnType<typeof open>>): Promise<void> {
    const { damaged, ...expected } = photos;
    expect(opened.message).toBeUndefined();
    expect(opened).toMatchObject(expected);
    expect(opened.damaged).toHaveLength(damaged);
    expect(opened.damaged[0]).toMatch(/^photos\/broken\.png: corrupt: [^\n]*; use another copy$/);
    expect(opened.warnings).toEqual([
      'photos: images left out, of another format (.heic; convert them to PNG): 1, such as phone.heic',
    ]);
    expect(opened.whyNoLabels).toBe(
      'only some of its images are in class folders: 2 are not, such as broken.png',
    );
    expect(opened.name).toBe('photos');
    expect(opened.progress.at(-1)).toEqual([62, 62, 'images']);
  }

  it('of a chosen folder are fitted and divided as on Node; broken and foreign files are named', async () => {
    await page.evaluate(() => {
      document.body.innerHTML = '<input type="file" webkitdirectory style="display: block">';
    });
    await page.setInputFiles('input', inFolder('photos'));
    await expectPhotos(await open(`document.querySelector('input').files`, fit));
    const failed = await open(`[...document.querySelector('input').files]`, {});
    expect(failed).toMatchObject({ code: 'invalid-data', message: expect.stringContaining('broken.png') });
  });

  it('of a dropped folder are the same', async () => {
    await page.evaluate(() => {
      document.addEventListener('dragover', (event) => event.preventDefault());
      document.addEventListener('drop', (event) => {
        event.preventDefault();
        const { library } = globalThis as unknown as { library: typeof import('../api/data.web.ts') };
        Object.assign(globalThis, {
          dropped: library.openImages(event.dataTransfer!.items, { size: 8, validation: 0.1 }),
        });
      });
    });
    const session = await page.context().newCDPSession(page);
    const data = { items: [], files: [inFolder('photos')], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await session.send('Input.dispatchDragEvent', { type, x: 50, y: 300, data });
    }
    await page.waitForFunction('globalThis.dropped');
    const { damaged: _, ...expected } = photos;
    expect(await page.evaluate('dropped.then(described)')).toMatchObject(expected);
  });

  it('of a folder that the page may read are the same', async () => {
    const names = readdirSync(inFolder('photos'), { recursive: true, encoding: 'utf8' });
    const contents = names
      .filter((name) => /\.\w+$/.test(name))
      .map((name) => [name, readFileSync(inFolder('photos', name)).toString('base64')] as const);
    await page.evaluate(async (entries) => {
      const root = await navigator.storage.getDirectory();
      const photos = await root.getDirectoryHandle('photos', { create: true });
      for (const [path, text] of entries) {
        const parts = path.split('/');
        let folder = photos;
        for (const part of parts.slice(0, -1)) {
          folder = await folder.getDirectoryHandle(part, { create: true });
        }
        const file = await folder.getFileHandle(parts.at(-1)!, { create: true });
        const writable = await file.createWritable();
        await writable.write(Uint8Array.from(atob(text), (each) => each.charCodeAt(0)));
        await writable.close();
      }
    }, contents);
    await expectPhotos(
      await open(`navigator.storage.getDirectory().then((root) => root.getDirectoryHandle('photos'))`, fit),
    );
  });

  const fixturePath = (path: string): string =>
    `new File([Uint8Array.from(atob('${readFileSync(path).toString('base64')}'), (each) => each.charCodeAt(0))], '${basename(path)}')`;

  it('of a zip archive equal Node’s, as a file or in a list', async () => {
    const expected = described(await openDataset(fixture('pictures.zip'), { validation: 0.3 }));
    for (const source of [
      fixturePath(fixture('pictures.zip')),
      `[${fixturePath(fixture('pictures.zip'))}]`,
    ]) {
      const opened = await open(source, { validation: 0.3 });
      expect(opened).toMatchObject({ ...expected, name: 'pictures.zip', damaged: [] });
    }
    const encrypted = await open(fixturePath(fixture('encrypted.zip')));
    const inNodeToo = await openDataset(fixture('encrypted.zip'), { validation: 0 }).catch(
      (error: UserError) => error,
    );
    expect(encrypted.message).toBe(
      (inNodeToo as UserError).message.replace(fixture('encrypted.zip'), 'encrypted.zip'),
    );
  });

  it('of a gzipped prepared file equal Node’s, from a URL', async () => {
    const file = inFolder('few.images.gz');
    await prepareDataset('mnist', { out: file, limit: 120 });
    await page.route('**/few.images.gz', (route) => route.fulfill({ path: file }));
    const opened = await open(`'/few.images.gz'`, { validation: 0.1 });
    expect(opened).toMatchObject(described(await openDataset(file, { validation: 0.1 })));
    expect([opened.name, opened.train.names.length + opened.validation.names.length]).toEqual([
      'few.images.gz',
      120,
    ]);
    const { length } = readFileSync(file);
    expect(opened.progress.at(-1)).toEqual([length, length, 'bytes']);
    const small = await open(`'/few.images.gz'`, { size: 14, validation: 0.1 });
    expect(small.imageShape).toEqual([14, 14, 1]);
    const damaged = readFileSync(file);
    damaged[length >> 1]! ^= 1;
    writeFileSync(inFolder('damaged.images.gz'), damaged);
    for (const [source, code, message] of [
      [
        fixturePath(inFolder('damaged.images.gz')),
        'invalid-data',
        /^damaged.images.gz: corrupt: .*; prepare it again$/,
      ],
      [`'/nothing.images'`, 'io', /^cannot fetch .*nothing.images: the server returned 404.*; give the URL/],
      [`new Blob(['text'])`, 'invalid-data', /^images: neither a prepared file nor a zip archive/],
    ] as const) {
      expect(await open(source), source).toEqual({ code, message: expect.stringMatching(message) });
    }
    expect(await open(`'/few.images.gz'`, { maxBytes: 100 })).toMatchObject({ code: 'unsupported' });
  });

  it('in memory are divided by their names or numbers', async () => {
    const images = `library.imagesInMemory(Uint8Array.from({ length: 800 }, (_, index) => index), [2, 2, 1])`;
    const { train, validation, test } = await open(images, { validation: 0.1 });
    const counts = [train, validation, test].map(({ pixels }) => pixels.length / 4);
    expect(counts.reduce((sum, count) => sum + count)).toBe(200);
    expect(Math.min(...counts)).toBeGreaterThan(10);
  });

  it('of several sizes need a size, and too few images cannot be divided', async () => {
    const [first, second] = ['opaque.png', 'smooth.jpeg'].map((name) => fixturePath(fixture(name)));
    const several = `[${Array.from({ length: 20 }, (_, index) => `new File([${index % 2 ? first : second}], '${index}.png')`)}]`;
    expect(await open(several)).toEqual({
      code: 'not-ready',
      message: expect.stringMatching(
        /^files: all images must have the same size, but .*: add size: 32, or another size, to fit them$/,
      ),
    });
    expect(await open(several, { channels: 1 })).toMatchObject({ code: 'invalid-argument' });
    expect(await open(`[new File(['text'], 'notes.txt')]`, { size: 8 })).toEqual({
      code: 'invalid-data',
      message: expect.stringMatching(
        /no PNG, .npy, FITS, JPEG or WebP images among its files \(notes\.txt\)$/,
      ),
    });
    expect(await open(several, { size: 0.5 })).toEqual({
      code: 'invalid-argument',
      message: 'size must be a whole number of 1 or more, not 0.5',
    });
    expect(await open(several, { size: 4096 })).toEqual({
      code: 'invalid-argument',
      message: expect.stringMatching(/models take at most 2048 pixels a side/),
    });
    expect(await open(`[${first}, ${second}]`)).toEqual({
      code: 'invalid-data',
      message: expect.stringMatching(
        /^files: dividing its images by a hash of their names gives .* none for .*: put images into a folder/,
      ),
    });
  });

  it('of files with the same name are all read, which is said', async () => {
    const image = fixturePath(fixture('opaque.png'));
    const names = [...Array.from({ length: 30 }, (_, index) => `${index}.png`), '7.png'];
    const opened = await open(`[${names.map((name) => `new File([${image}], '${name}')`)}]`, { size: 4 });
    const counts = [opened.train, opened.validation, opened.test].map(({ names }) => names.length);
    expect(counts.reduce((sum, count) => sum + count)).toBe(31);
    expect(opened.warnings).toEqual([
      'files: images read although an earlier one has the same name: 1, such as 7.png',
    ]);
  });

  it('are read one by one for a model, as on Node', async () => {
    // biome-ignore lint/suspicious/noExplicitAny: the page sends JSON.
    const read = (names: readonly string[]): Promise<any> =>
      page.evaluate(
        async (files) => {
          const { readImageFiles } = (
            globalThis as unknown as { library: typeof import('../api/data.web.ts') }
          ).library;
          const pageFiles = files.map(
            ([name, text]) => new File([Uint8Array.from(atob(text!), (each) => each.charCodeAt(0))], name!),
          );
          try {
            const { pixels, ...otherFields } = await readImageFiles(pageFiles, [8, 8, 3], { resize: true });
            return { pixels: [...pixels], ...otherFields };
          } catch (error) {
            return (error as Error).message;
          }
        },
        names.map((name) => [basename(name), readFileSync(name, 'base64')]),
      );
    const sound = [fixture('opaque.png'), fixture('smooth.jpeg')];
    const broken = inFolder('broken.png');
    writeFileSync(broken, readFileSync(fixture('opaque.png')).subarray(0, 60));
    const text = inFolder('notes.txt');
    writeFileSync(text, 'notes');
    const expected = await readImageFiles(sound, [8, 8, 3], { resize: true });
    expect(await read([...sound, broken, text])).toEqual({
      names: expected.names.map((name) => basename(name)),
      pixels: [...expected.pixels],
      skipped: [expect.stringMatching(/^broken\.png: /)],
      notes: [],
    });
    expect(await read([broken])).toMatch(/^broken\.png: /);
    expect(await read([text])).toMatch(/^notes\.txt: not a PNG, .npy, FITS, JPEG or WebP image/);
    expect(await read([])).toBe('files: no PNG, .npy, FITS, JPEG or WebP images among them; choose others');
  });

  it('are opened by the example of the documents', async () => {
    const [, code] = /```js\n(import \{ openImages \}[^`]*(?:`[^`]+`[^`]*)*?)\n```\n/.exec(
      readFileSync('docs/browser.md', 'utf8'),
    )!;
    const file = inFolder('mnist-5000.images.gz');
    await prepareDataset('mnist', { out: file, limit: 100 });
    await page.route('**/mnist-5000.images.gz', (route) => route.fulfill({ path: file }));
    await page.evaluate(() => {
      document.body.innerHTML = '<input type="file" webkitdirectory>';
    });
    await page.setInputFiles('input', inFolder('photos'));
    const body = code!.replace(
      /^import \{ openImages \} from 'emerging-flows\/data';/,
      'const { openImages } = library;',
    );
    const pixels = (await page.evaluate(`(async () => { ${body}; return [...pixels]; })()`)) as number[];
    const { file: prepared } = (await prepareDataset(inFolder('photos'), {
      size: 32,
      out: inFolder('example.images'),
    }))!;
    const expected = described(await openDataset(prepared));
    expect(pixels).toEqual(expected.train.pixels.slice(0, 4 * 32 * 32 * 3));
  });
});
