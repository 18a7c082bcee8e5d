// The programs in examples, run as their first lines say.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { decode } from 'fast-png';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readOne } from '../data/contract/dataset.ts';
import { openDataset } from '../data/registry.ts';
import { buildPackage } from './command.ts';
import { chromiumPath } from './pages.ts';
import { writePng } from './pngFiles.ts';
import { temporaryFolder } from './temporaryFolder.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const root = buildPackage();
let server: ChildProcess | undefined;
let browser: Browser | undefined;
beforeAll(() => {
  cpSync(join(repository, 'examples'), join(root, 'examples'), { recursive: true });
  makeSmaller('conditions/digits.mjs', [
    [
      'model: { condition: true }',
      "model: { condition: true, levels: 1, depth: 1, conditioner: { width: 8 }, coupling: 'affine', checkerboard: 0 }",
    ],
    ['20_000', '500'],
    ['validation, 200', 'validation, 20'],
    ['test, 200', 'test, 20'],
  ]);
  makeSmaller('training-loop/train.mjs', [
    ['depth: 4, conditioner: { width: 32 }', 'depth: 1, conditioner: { width: 8 }'],
    ['batchSize: 32', 'batchSize: 16'],
    ['validation: 0.01', 'validation: 0.001'],
  ]);
});
afterAll(async () => {
  server?.kill();
  await browser?.close();
});

/** Replaces numbers in an example, whose models would take long. */
function makeSmaller(file: string, changes: readonly (readonly [from: string, to: string])[]): void {
  const path = join(root, 'examples', file);
  const text = readFileSync(path, 'utf8');
  for (const [from] of changes) {
    expect(text).toContain(from);
  }
  writeFileSync(
    path,
    changes.reduce((changed, [from, to]) => changed.replaceAll(from, to), text),
  );
}

/** Runs an example in the folder of the package; returns its output, line by line. */
async function run(file: string, ...args: string[]): Promise<string[]> {
  const words = [join(root, 'examples', file), ...args];
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: root });
  return stdout.trimEnd().split('\n');
}

it('finds a blank image and noise among digits in a folder', async () => {
  const { test } = await openDataset('mnist', { validation: 0.01 });
  const images: Record<string, Uint8Array> = {
    blank: new Uint8Array(784),
    noise: Uint8Array.from({ length: 784 }, (_, index) => (index * index * 37) % 251),
    ...Object.fromEntries([0, 1, 2, 3].map((index) => [`digit-${index}`, readOne(test, index)])),
  };
  for (const [name, pixels] of Object.entries(images)) {
    writePng(join(root, 'images', `${name}.png`), pixels, [28, 28, 1]);
  }
  const lines = await run('odd-images/odd.mjs', 'images', 'models/mnist-small', 'odd');
  expect(lines.slice(0, 2).sort()).toEqual([
    expect.stringMatching(/^blank\.png\ttypicality \d+\.\d\d\tp 0\.0008\t0\.\d+ bits.dim$/),
    expect.stringMatching(/^noise\.png\ttypicality \d+\.\d\d\tp 0\.0008\t\d+\.\d+ bits.dim$/),
  ]);
  expect(lines.slice(2, 6).every((line) => line.startsWith('digit-'))).toBe(true);
  expect(lines.at(-1)).toBe('6 images, 0 skipped; pictures in odd');
  expect(readdirSync(join(root, 'odd'))).toHaveLength(7);
  expect(decode(readFileSync(join(root, 'odd/sheet.png'))).height).toBeGreaterThan(56);

  // Copied into another project, with the bundled model.
  const project = temporaryFolder();
  mkdirSync(join(project, 'node_modules'));
  symlinkSync(root, join(project, 'node_modules/emerging-flows'), 'junction');
  cpSync(join(root, 'examples/odd-images/odd.mjs'), join(project, 'odd.mjs'));
  const copied = await promisify(execFile)(process.execPath, ['odd.mjs', join(root, 'images')], {
    cwd: project,
  });
  expect(copied.stdout.trimEnd().split('\n').at(-1)).toBe('6 images, 0 skipped; pictures in odd-images');
});

it('completes digits with a hidden square', async () => {
  const lines = await run('conditions/digits.mjs', 'inpainting', '1', 'whole.png');
  expect(lines[0]).toMatch(/^validation: \d\.\d{3} bits.dim$/);
  expect(lines.at(-1)).toMatch(/^the digits of the picture: \d\.\d{3} bits.dim; whole.png$/);
  const { width, height } = decode(readFileSync(join(root, 'whole.png')));
  expect([width, height].every((side) => side > 7 * 28)).toBe(true);
});

it('learns the density of two moons', async () => {
  const [densities, file] = await run('points/moons.mjs', '150', 'moons.csv');
  const [, inside, between] = /a moon (-?[\d.]+), between them (-?[\d.]+)$/.exec(densities!)!.map(Number);
  expect(inside).toBeGreaterThan(between!);
  expect(file).toBe('moons.csv');
  expect(readFileSync(join(root, 'moons.csv'), 'utf8').trim().split('\n')).toHaveLength(1001);
});

it('trains a custom layer in a loop', async () => {
  const lines = await run('training-loop/train.mjs', '41', 'drawn.png');
  expect(lines[0]).toBe('the layer is correct');
  const losses = lines.slice(1, 6).map((line) => Number(/(\d+\.\d+) bits/.exec(line)?.[1]));
  expect(losses[4]).toBeLessThan(losses[0]! - 0.5);
  expect(lines.at(-2)).toMatch(/^validation: \d\.\d{3} bits.dim$/);
  expect(decode(readFileSync(join(root, 'drawn.png'))).width).toBeGreaterThan(200);
});

it.skipIf(chromiumPath === undefined)(
  'draws, in Chromium (scripts/install-system-packages)',
  { tags: 'system' },
  async () => {
    server = spawn(process.execPath, [join(root, 'examples/browser/serve.mjs')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const url = await new Promise<string>((resolve) => {
      server!.stdout!.once('data', (text: Buffer) => resolve(String(text).trim()));
    });
    browser = await chromium.launch({ executablePath: chromiumPath!, args: ['--no-sandbox'] });
    const page = await browser.newPage();
    const failures: string[] = [];
    page.on('pageerror', ({ message }) => failures.push(message));
    page.on('requestfailed', (request) => failures.push(request.url()));
    // The path `//` alone isn't a valid URL.
    expect((await fetch(`${url}/`)).status).toBe(404);
    await page.goto(url);
    const first = await readSheet(page, 'null');
    // One image of seed 1 overflows at this temperature.
    await page.getByLabel('Temperature').fill('1');
    await page.getByRole('button', { name: 'Draw 64 digits' }).click();
    const second = await readSheet(page, JSON.stringify(first.source));
    expect([first.width, second.width]).toEqual([first.height, first.height]);
    expect(await page.locator('#state').textContent()).toMatch(/^64 digits in \d+\.\d\d s$/);
    expect(await page.getByRole('button', { name: 'Draw 64 digits' }).isEnabled()).toBe(true);
    expect(failures).toEqual([]);
  },
);

/** The sheet, once it differs from `before` and has been drawn. */
async function readSheet(
  page: Page,
  before: string,
): Promise<{ source: string; width: number; height: number }> {
  const handle = await page.waitForFunction(
    `(() => {
      const sheet = document.getElementById('sheet');
      return !sheet.hidden && sheet.complete && sheet.naturalWidth > 200 && sheet.src !== ${before} &&
        { source: sheet.src, width: sheet.naturalWidth, height: sheet.naturalHeight };
    })()`,
    undefined,
  );
  return (await handle.jsonValue()) as { source: string; width: number; height: number };
}
