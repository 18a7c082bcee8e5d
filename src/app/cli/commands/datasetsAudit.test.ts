// `emerging datasets audit`: its page, its summary, and what it refuses.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { commandProcess } from '../../../testing/command.ts';
import { chromiumPath, openChromium } from '../../../testing/pages.ts';
import { writePng, writeTinyPngs } from '../../../testing/pngFiles.ts';
import { accessibilityFaults } from '../../../testing/studio.ts';
import { tinyImages } from '../../../testing/tinyImages.ts';

const emerging = commandProcess();
const inFolder = (...names: string[]): string => join(emerging.folder, ...names);
const hostile = '<img src=x onerror=alert(1)>.png';

beforeAll(async () => {
  const names = Array.from({ length: 40 }, (_, index) => `${index % 2 === 0 ? 'even' : 'odd'}/${index}.png`);
  writeTinyPngs(inFolder('mixed'), names, 1);
  writePng(inFolder('mixed/even', hostile), tinyImages(1, 8, 9), [8, 8, 1]);
  cpSync(inFolder('mixed/even/0.png'), inFolder('mixed/even/copy.png'));
  cpSync(inFolder('mixed/odd/1.png'), inFolder('mixed/even/relabelled.png'));
  writePng(
    inFolder('mixed/odd/wide.png'),
    new Uint8Array(3 * 64).map((_, pixel) => (31 * pixel) % 256),
    [4, 16, 3],
  );
  writePng(inFolder('mixed/odd/blank.png'), new Uint8Array(64).fill(255), [8, 8, 1]);
  writeFileSync(inFolder('mixed/odd/broken.png'), readFileSync(inFolder('mixed/odd/3.png')).subarray(0, 60));
  writeFileSync(inFolder('mixed/odd/other.bmp'), 'BM');
  writeFileSync(inFolder('mixed/notes.txt'), 'notes');
  await emerging.trainTiny('--steps=4', '--no-test', '--out=runs/data');
});

it('finds planted faults, and writes nothing but the page', async () => {
  const before = readdirSync(inFolder('mixed'), { recursive: true });
  const report = await emerging.json('datasets', 'audit', 'mixed', '--threads=1');
  expect(report).toMatchObject({
    name: 'mixed',
    file: 'mixed-audit.html',
    images: 45,
    blank: ['odd/blank.png'],
  });
  const names = report.identical.map((group: { image: string }[]) => group.map(({ image }) => image).sort());
  expect(names.sort()).toEqual([
    ['even/0.png', 'even/copy.png'],
    ['even/relabelled.png', 'odd/1.png'],
  ]);
  expect(report.conflicts).toHaveLength(1);
  expect(report.unusualSizes).toEqual(['odd/wide.png']);
  expect(report.oddAspects).toEqual(['odd/wide.png']);
  expect(report.unusualModes).toEqual({ colour: ['odd/wide.png'] });
  expect(report.unreadable).toEqual([expect.stringMatching(/^mixed\/odd\/broken\.png: /)]);
  expect(report.warnings).toEqual([
    expect.stringMatching(/\.bmp; convert them to PNG\): 1, such as odd\/other\.bmp$/),
  ]);
  expect(report.odd.score).toBe('neighbours');
  expect(report.labels.by).toBe('neighbours');
  expect(readdirSync(inFolder('mixed'), { recursive: true })).toEqual(before);
});

it('says what it found, and that it replaces an earlier page', async () => {
  writeFileSync(inFolder('page.html'), 'earlier');
  const { code, stdout, stderr } = await emerging.run(
    'datasets audit mixed --out=page.html --top=45 --threads=1',
  );
  expect(code).toBe(0);
  expect(stderr).toContain('page.html exists, and will be replaced when the result is complete');
  expect(stdout).toMatch(/^45 images \(\d+ train, \d+ test\), without a model\n/);
  expect(stdout).toMatch(/\nIdentical images +2 groups of 4 images/);
  expect(stdout).toMatch(/\nUnreadable files +1 file; 2 left out\n/);
  expect(stdout).toMatch(
    /\nUnreadable files:\n {2}mixed\/odd\/broken\.png: .*\n {2}mixed: images left out, of another format \(\.bmp.*\n {2}other files \(\.txt\): 1, such as notes\.txt\n/,
  );
  expect(stdout).toMatch(/\npage {2}page\.html \(\d+(\.\d)? KiB\)\n$/);
  const html = readFileSync(inFolder('page.html'), 'utf8');
  const addresses = [...html.matchAll(/ (?:src|href)="([^"]*)"/g)].map(([, address]) => address!);
  expect(addresses.filter((address) => !/^(#|data:image\/png;base64,)/.test(address))).toEqual([]);
  expect(html).not.toContain('<script');
  expect(html).toContain('&#60;img src=x');
  expect(html).not.toContain('<img src=x');
});

it('scores the images of the shape of a model, with p-values', async () => {
  const using = ['datasets', 'audit', 'mixed', '--model=runs/data', '--out=m.html', '--threads=1'];
  const report = await emerging.json(...using);
  // With so few references, no p-value is small enough to flag an image.
  expect(report.odd).toMatchObject({ score: 'typicality', scored: 44, flagged: 0, expectedByChance: null });
  expect(readFileSync(inFolder('m.html'), 'utf8')).toContain(
    'the most unusual are shown; too few validation images (',
  );
  for (const { pValue } of report.odd.images) {
    expect(pValue).toBeGreaterThan(0);
    expect(pValue).toBeLessThanOrEqual(1);
  }
  expect(report.notScored).toEqual(['odd/wide.png']);
  expect((await emerging.json(...using, '--resize')).odd.scored).toBe(45);
});

describe('of little', () => {
  it('takes a single image, without statistics', async () => {
    writePng(inFolder('single/one.png'), tinyImages(1, 8, 2), [8, 8, 1]);
    const { code, stdout } = await emerging.run('datasets', 'audit', 'single', '--threads=1');
    expect(code).toBe(0);
    rmSync(inFolder('single-audit.html'));
    expect((await emerging.inside('single').run('datasets', 'audit', '.', '--threads=1')).code).toBe(0);
    // Next to the images rather than among them.
    expect(readdirSync(inFolder('single'))).toEqual(['one.png']);
    expect(readdirSync(inFolder('.'))).toContain('single-audit.html');
    // Nothing in the working directory, and never over an earlier page.
    const earlier = readFileSync(inFolder('single-audit.html'), 'utf8');
    const before = readdirSync(inFolder('runs'));
    const again = await emerging.inside('runs').run('datasets', 'audit', '../single', '--threads=1');
    expect(again.stdout).toMatch(/\npage {2}\.\.\/single-audit-2\.html \(/);
    expect(readdirSync(inFolder('runs'))).toEqual(before);
    expect(readFileSync(inFolder('single-audit.html'), 'utf8')).toBe(earlier);
    expect(stdout).toMatch(/^1 image, without a model\nNot divided into training and test images: .*\n/);
    expect(stdout).toMatch(/\nOdd images +not examined\n/);
  });

  it.each(['--step=1', '--resize'])('refuses %s without a model', async (option) => {
    const message = await emerging.refused('datasets', 'audit', 'single', option, '--out=none.html');
    expect(message).toContain(`${option.split('=')[0]} needs --model RUN`);
  });

  it.each([
    ['empty', /the folder is empty/],
    ['missing', /missing/],
    ['mixed/even/0.png', /neither an archive .* name one, or a folder$/],
    ['broken', /broken: none of its images can be read, such as broken\/a\.png: /],
  ])('refuses %s', async (path, message) => {
    mkdirSync(inFolder('empty'), { recursive: true });
    mkdirSync(inFolder('broken'), { recursive: true });
    writeFileSync(inFolder('broken/a.png'), 'no image');
    expect(await emerging.refused('datasets audit --out=none.html --threads=1', path)).toMatch(message);
    expect(readdirSync(emerging.folder)).not.toContain('none.html');
  });
});

it.skipIf(chromiumPath === undefined)(
  'the page is accessible in both schemes and widths, by keyboard too',
  { tags: 'system' },
  async () => {
    await emerging.json('datasets', 'audit', 'mixed', '--out=shown.html', '--threads=1');
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [390, 1280]) {
        // axe is a script, which the page's policy forbids.
        const { page, close } = await openChromium(`file://${inFolder('shown.html')}`, {
          colorScheme,
          viewport: { width, height: 800 },
          bypassCSP: true,
        });
        expect(await accessibilityFaults(page)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
        await page.keyboard.press('Tab');
        await page.keyboard.press('Enter');
        await page.waitForURL(/#identical$/);
        await close();
      }
    }
  },
);
