// Compression in pages: the bytes of Node from Chromium and Firefox, which also decode each other's files.
import { beforeAll, expect, it } from 'vitest';
import { RandomStream } from '../core/numeric/random.ts';
import { firstImages, readAll } from '../data/contract/dataset.ts';
import { openSplit } from '../data/registry.ts';
import { loadTrained } from '../model/loading/loadTrained.ts';
import { compress } from '../uses/codec/compress.ts';
import type { NamedImage } from '../uses/codec/namedImage.ts';
import { bundle, describeInChromium } from './browser.ts';
import { eightBit } from './eightBit.ts';
import { firefoxPath } from './marionette.ts';
import { type Bundle, openPage, openPageInFirefox } from './pages.ts';

const DIGITS = 20;
const BLOCK = 8;

/** What a page has found. */
interface Report {
  readonly failure?: string;
  readonly browser: string;
  /** The compressed file, in base64. */
  readonly file: string;
  /** Whether the page's own file, and Node's, contain all images. */
  readonly own: boolean;
  readonly nodes: boolean;
  readonly damaged: readonly string[];
  /** Progress, and why stopped work ended. */
  readonly done: number;
  readonly stopped: string;
  readonly refused: string;
}

/** Digits, and images of noise, which no model takes. */
function testImages(): NamedImage[] {
  const digits = eightBit(readAll(firstImages(DIGITS_SET, DIGITS)));
  const random = new RandomStream(0, 'noise');
  return Array.from({ length: DIGITS + 3 }, (_, index) => ({
    name: `image-${String(index).padStart(2, '0')}.png`,
    shape: [28, 28, 1],
    pixels:
      index < DIGITS
        ? digits.slice(index * 784, (index + 1) * 784)
        : Uint8Array.from({ length: 784 }, () => random.integer(256)),
  }));
}

const DIGITS_SET = await openSplit('mnist', 'test', { validation: 0 });
const images = testImages();
let bundled: Bundle;
let expected: Uint8Array;
beforeAll(async () => {
  expected = await compress(await loadTrained('models/mnist-small'), images, { block: BLOCK });
  const script = `
    import { compress, configureRuntime, decompress, loadModel } from 'emerging-flows';
    const bytesOf = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
    const images = ${JSON.stringify(images.map(({ name, pixels }) => [name, Buffer.from(pixels).toString('base64')]))}
      .map(([name, pixels]) => ({ name, shape: [28, 28, 1], pixels: bytesOf(pixels) }));
    const nodes = bytesOf('${Buffer.from(expected).toString('base64')}');
    const isSame = (found) =>
      found.length === images.length &&
      found.every(({ name, pixels }, index) => name === images[index].name && String(pixels) === String(images[index].pixels));
    const use = async (workers) => {
      const wasm = '/runtime/ort-wasm-simd-threaded.wasm';
      configureRuntime(workers ? { wasm, startWorker: () => new Worker('/worker.js', { type: 'module' }) } : { wasm });
      const model = await loadModel('/mnist');
      let done = 0;
      const options = { block: ${BLOCK}, workers: workers || 1, onImages: (more) => { done += more; } };
      const file = await compress(model, images, options);
      const own = isSame((await decompress(file, { workers: workers || 1 })).images);
      const broken = nodes.slice();
      broken[broken.length - 100] ^= 1;
      const { images: kept, damaged } = await decompress(broken);
      const stop = new AbortController();
      const onImages = () => stop.abort('enough');
      const stopped = await compress(model, images, { ...options, onImages, signal: stop.signal }).catch(String);
      const { model: periodic } = model;
      const refused = await compress({ ...model, model: { ...periodic, dequantiser: { flow: [] } } }, images).catch(String);
      return {
        browser: navigator.userAgent, file: btoa(Array.from(file, (each) => String.fromCharCode(each)).join('')), own,
        nodes: isSame((await decompress(nodes)).images), kept: kept.length, damaged, done, stopped, refused,
      };
    };
    globalThis.report = (workers) =>
      use(workers).catch((error) => ({ failure: String(error.stack ?? error) + ' ' + error.message }));
    globalThis.ready = true;
  `;
  bundled = await bundle(script, { worker: `import 'emerging-flows/worker';` });
});

function expectReport(report: Report): void {
  expect(report.failure).toBeUndefined();
  expect(Buffer.from(report.file, 'base64').equals(expected)).toBe(true);
  expect(report).toMatchObject({
    own: true,
    nodes: true,
    done: images.length,
    damaged: [
      'the file: block 2 is damaged: 7 images are lost: image-16.png, image-17.png, image-18.png and 4 more',
      `the file: ${images.length - 2 * BLOCK} of ${images.length} images are missing`,
    ],
    kept: 2 * BLOCK,
    stopped: 'enough',
    refused: expect.stringMatching(/^UserError: the model can't compress images: /),
  });
}

describeInChromium('in Chromium', () => {
  it.each([
    ['in workers of an isolated page', true, 2],
    ['in the thread of a page', false, 0],
  ])('compresses to the bytes of Node, %s', async (_, isolated, workers) => {
    const { page, close } = await openPage(bundled, { isolated });
    await page.waitForFunction('globalThis.ready');
    expectReport((await page.evaluate(`report(${workers})`)) as Report);
    await close();
  });
});

it.skipIf(firefoxPath === undefined)(
  'compresses to the bytes of Node in Firefox (scripts/install-system-packages)',
  { tags: 'system' },
  async () => {
    const page = await openPageInFirefox(bundled);
    await expect.poll(() => page.evaluate('window.ready')).toBe(true);
    const report = await page.evaluate<Report>('report(2)');
    await page.close();
    expect(report.browser ?? report.failure).toContain('Firefox');
    expectReport(report);
  },
);
