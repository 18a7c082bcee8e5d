// The studio in Chromium: the page's frame, its models, and where it can be hosted.
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { mediaType } from '../src/app/studioServer/headers.ts';
import { commandLine } from '../src/testing/command.ts';
import { chromiumPath, openChromium } from '../src/testing/pages.ts';
import { accessibilityFaults, buildStudio, serveFolder, startStudio, visit } from '../src/testing/studio.ts';
import { tinyTraining, writeTinyDataset } from '../src/testing/tinyImages.ts';

const builtPackage = buildStudio();
const emerging = commandLine(builtPackage);
const closing: (() => Promise<void>)[] = [];
const opened = async <Opened extends { close(): Promise<void> }>(
  opening: Promise<Opened>,
): Promise<Opened> => {
  const resource = await opening;
  closing.push(() => resource.close());
  return resource;
};
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) {
    await close();
  }
});

const findSheet = (page: Page, name = /samples from seed/) => page.getByRole('group', { name });

describe.skipIf(chromiumPath === undefined)(
  'the studio (scripts/install-system-packages)',
  { tags: 'system' },
  () => {
    let studio: Awaited<ReturnType<typeof startStudio>>;
    let page: Page;
    let closePage: () => Promise<void>;
    beforeAll(async () => {
      writeTinyDataset(join(emerging.folder, 'data'));
      await emerging.json(
        'train',
        '--data=data',
        ...tinyTraining,
        '--steps=3',
        '--out=runs/<b>tiny',
        '--threads=1',
      );
      const broken = join(emerging.folder, 'runs', 'broken');
      mkdirSync(broken);
      cpSync('models/mnist-small/manifest.json', join(broken, 'manifest.json'));
      writeFileSync(join(broken, 'model.safetensors'), 'not weights');
      studio = await startStudio(emerging);
      ({ page, close: closePage } = await openChromium('about:blank'));
    });
    afterAll(async () => {
      await closePage();
      await studio.close();
    });

    /** Opens an address in the page of most tests. */
    const open = (hash: string): Promise<void> => visit(page, studio.url + hash);
    /** Opens an address in a page that nobody has used. */
    const openNew = async (hash: string, options = {}): Promise<Page> =>
      (await opened(openChromium(studio.url + hash, options))).page;

    it('opens its first room, cross-origin isolated, with a title', async () => {
      await open('');
      await page.getByRole('heading', { name: /^This network turns noise into digits/ }).waitFor();
      await expect.poll(() => new URL(page.url()).hash).toBe('#/explain');
      expect(await page.title()).toBe('Explain · Emerging studio');
      expect(await page.evaluate('crossOriginIsolated')).toBe(true);
      expect(await page.getByRole('navigation').getByRole('link').first().getAttribute('aria-current')).toBe(
        'page',
      );
    });

    it('restores the settings of a room, with the model chosen in another', async () => {
      await open('#/train?steps=7&width=9');
      const width = page.getByRole('spinbutton', { name: 'Width' });
      await width.fill('11');
      await page.getByRole('link', { name: 'Draw', exact: true }).click();
      await page.getByLabel('Model', { exact: true }).selectOption('runs/<b>tiny');
      await page.getByText('3 steps').waitFor();
      await page.getByRole('link', { name: 'Train', exact: true }).click();
      await width.waitFor();
      await expect.poll(() => width.inputValue()).toBe('11');
      expect(await page.getByRole('spinbutton', { name: 'Steps' }).inputValue()).toBe('7');
      await expect.poll(() => new URL(page.url()).hash).toContain('model=runs/%3Cb%3Etiny');
      // The link of the current room resets it.
      await page.getByRole('link', { name: 'Train', exact: true }).click();
      await page.waitForFunction(() => !location.hash.includes('width'));
      await expect.poll(() => width.inputValue()).toBe('32');
    });

    it('goes back to settings changed just before a link was followed', async () => {
      await open('#/draw?count=16');
      await findSheet(page).waitFor();
      await page.evaluate(() => {
        const seed = document.querySelector<HTMLInputElement>('input[type="number"]')!;
        seed.value = '5';
        seed.dispatchEvent(new Event('input', { bubbles: true }));
        [...document.querySelectorAll('a')].find((link) => link.textContent === 'Inside')!.click();
      });
      await page.getByRole('heading', { name: 'Inside', level: 1 }).waitFor();
      await page.goBack();
      await findSheet(page, /^16 samples from seed 5/).waitFor({ timeout: 10_000 });
    });

    it('samples from a run, and shows its name as text', async () => {
      await open('#/draw?count=16');
      await findSheet(page).waitFor();
      await page.getByLabel('Model', { exact: true }).selectOption('runs/<b>tiny');
      await page.waitForFunction(() => document.querySelector('canvas')?.width === 8);
      await page.waitForFunction(() => location.hash.includes('model=runs/%3Cb%3Etiny'));
      expect(await page.locator('b').count()).toBe(0);
      expect(await page.getByText('3 steps').count()).toBe(1);
    });

    it('explains broken models and links in a sentence', async () => {
      await open('#/draw?model=runs/broken');
      expect(await page.getByRole('alert').textContent()).toMatch(
        /^Cannot read model\.safetensors as safetensors: .*\.$/,
      );
      await page.goto(`${studio.url}#/draw?model=runs/gone`);
      await page.getByText('Model “runs/gone” not found: choose another.').waitFor();
      await page.goto(`${studio.url}#/nowhere`);
      await page.getByText('There is no page “nowhere”.').waitFor();
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('No such page');
      await page.getByRole('link', { name: 'Go to Explain' }).waitFor();
      expect(await page.title()).toBe('No such page · Emerging studio');
    });

    it('lets the keyboard skip the navigation', async () => {
      // Without a hash, the page is loaded again, and nothing has been in focus.
      await open('');
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN');
      expect(await page.evaluate(() => location.hash)).toMatch(/^#\/explain/);
    });

    it('stays when a file is dropped where none is taken', async () => {
      await open('#/draw?count=16');
      await findSheet(page).waitFor();
      const isPrevented = await page.evaluate(() => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File(['picture'], 'a.png'));
        const drop = new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true });
        return !document.body.dispatchEvent(drop);
      });
      expect(isPrevented).toBe(true);
    });

    it('opens another room at its top, and goes back to where the reader was', async () => {
      await open('#/draw?count=16');
      await findSheet(page).waitFor();
      await page.goto(`${studio.url}#/how`);
      const link = page
        .getByRole('navigation', { name: 'Where to go next' })
        .getByRole('link', { name: 'Draw' });
      await link.scrollIntoViewIfNeeded();
      await link.click();
      await findSheet(page).waitFor();
      expect(await page.evaluate(() => scrollY)).toBe(0);
    });

    it('explains a term of the glossary on focus, under the pointer, and until Escape', async () => {
      await open('#/draw?count=16');
      const term = page.getByRole('button', { name: 'temperature', exact: true });
      const tooltip = page.getByRole('tooltip');
      await term.focus();
      await tooltip.waitFor();
      // The glossary's own words.
      expect(await tooltip.textContent()).toMatch(
        /^How varied samples are: .* a factor .* on all latents when sampling/,
      );
      expect(await tooltip.locator('math').count()).toBeGreaterThan(1);
      expect(await tooltip.getAttribute('id')).toBe(await term.getAttribute('aria-describedby'));
      await page.keyboard.press('Escape');
      await tooltip.waitFor({ state: 'detached' });
      await page.getByRole('heading', { name: 'Draw' }).click();
      await term.hover();
      await tooltip.hover();
      expect(await tooltip.isVisible()).toBe(true);
      await page.mouse.move(0, 0);
      await tooltip.waitFor({ state: 'detached' });
    });

    it('samples in two tabs at once', async () => {
      const otherTab = await page.context().newPage();
      await Promise.all([open('#/draw'), otherTab.goto(`${studio.url}#/draw?seed=5`)]);
      await Promise.all([findSheet(page).waitFor(), findSheet(otherTab, /seed 5/).waitFor()]);
      await otherTab.close();
    });

    it('loads nothing from other hosts, the runtime once for all its workers, and logs nothing', async () => {
      const { page } = await opened(openChromium('about:blank'));
      const requestedUrls: string[] = [];
      const messages: string[] = [];
      page.context().on('request', (request) => requestedUrls.push(request.url()));
      page.on('console', (message) => messages.push(message.text()));
      await page.goto(studio.url);
      await page.getByRole('button', { name: 'Pause' }).first().waitFor();
      await page.goto(`${studio.url}#/draw`);
      await findSheet(page).waitFor();
      expect(requestedUrls.length).toBeGreaterThan(5);
      expect(requestedUrls.filter((url) => !url.startsWith(studio.url))).toEqual([]);
      // KaTeX is as large as the rest of the page: only the room with formulas loads it.
      expect(requestedUrls.filter((url) => /katex|sections-/i.test(url))).toEqual([]);
      expect(messages).toEqual([]);
      await page.goto(`${studio.url}#/how`);
      await page
        .getByText(/^Step 0/)
        .first()
        .waitFor();
      await page.goto(`${studio.url}#/train?levels=1&depth=1&width=8&batch=16&steps=2`);
      await page.getByRole('button', { name: 'Start training' }).click();
      await page.getByText('Done', { exact: false }).first().waitFor();
      const workers = ['worker', 'planeWorker', 'trainer'].map((name) =>
        requestedUrls.some((url) => url.startsWith(`${studio.url}assets/${name}-`)),
      );
      expect(workers).toEqual([true, true, true]);
      expect(requestedUrls.filter((url) => url.endsWith('.wasm'))).toHaveLength(1);
    });

    it('has less than 260 kB of code besides its workers, compressed', () => {
      const assets = join(builtPackage, 'dist/page/assets');
      const read = (name: string): Buffer =>
        existsSync(join(assets, name))
          ? readFileSync(join(assets, name))
          : gunzipSync(readFileSync(join(assets, `${name}.gz`)));
      const entry = readFileSync(join(assets, '../index.html'), 'utf8');
      const names = new Set([...entry.matchAll(/assets\/([\w.-]+\.js)/g)].map(([, name]) => name!));
      let bytes = 0;
      // Grows while it is read, with all that the page ever loads.
      for (const name of names) {
        const code = read(name);
        bytes += gzipSync(code, { level: 9 }).length;
        for (const [, imported] of code.toString().matchAll(/(?:from|import)\s*\(?["'`]\.\/([\w.-]+\.js)/g)) {
          names.add(imported!);
        }
      }
      expect(names.size).toBeGreaterThan(20);
      expect(bytes).toBeLessThan(260_000);
    });

    it('remembers a theme that differs from the system’s', async () => {
      await open('#/runs');
      const theme = () => page.locator('html').getAttribute('data-theme');
      await page.getByRole('button', { name: 'Use the dark theme' }).click();
      await page.getByRole('button', { name: 'Use the light theme' }).waitFor();
      await page.reload();
      await page.getByRole('button', { name: 'Use the light theme' }).waitFor();
      expect(await theme()).toBe('dark');
      // Canvases in the page's colours are drawn again.
      await page.goto(`${studio.url}#/how`);
      const colour = () =>
        page.locator('.plane-density').evaluate((canvas: HTMLCanvasElement) => {
          const { data } = canvas.getContext('2d')!.getImageData(36, 36, 1, 1);
          return data[0]! > 60 ? 'light' : 'dark';
        });
      await page
        .getByText(/^Step 0/)
        .first()
        .waitFor();
      await expect.poll(colour).toBe('light');
      await page.getByRole('button', { name: 'Use the light theme' }).click();
      await expect.poll(colour).toBe('dark');
    });

    it.each([
      ['light', 1200],
      ['dark', 390],
    ] as const)('has no accessibility violations, %s and %d pixels wide', async (colorScheme, width) => {
      const look = { colorScheme, viewport: { width, height: 800 }, reducedMotion: 'reduce' };
      const page = await openNew('#/draw', look);
      await findSheet(page).waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      await page.getByRole('button', { name: 'bits/dim' }).focus();
      await page.getByRole('tooltip').waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Random' }).click();
      await page.getByRole('slider', { name: 'From A to B' }).waitFor();
      // The pair may include this image, whose name then says so.
      await page.getByRole('button', { name: /^Image 3(,|$)/ }).click();
      await page.getByText('bits/dim', { exact: false }).last().waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      // Nothing overflows the page.
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    });
  },
);

describe.skipIf(chromiumPath === undefined)(
  'as static files (scripts/install-system-packages)',
  { tags: 'system' },
  () => {
    it('draws below any path of a host that sets no headers', async () => {
      const { stdout } = await emerging.run('studio', '--build=site');
      expect(stdout).toMatch(/^\d+ files: site\n$/);
      const host = await opened(serveFolder(join(emerging.folder, 'site'), '/people/ada/'));
      const { page } = await opened(openChromium(`${host.url}#/draw?seed=2&count=16`));
      await findSheet(page, /^16 samples from seed 2/).waitFor();
      expect(await page.getByText('its scripts cannot be loaded').count()).toBe(0);
      expect(await page.evaluate('crossOriginIsolated')).toBe(false);
      expect(await page.getByLabel('Model', { exact: true }).locator('option').allTextContents()).toEqual([
        'models/emoji',
        'models/mnist',
        'models/mnist-small',
      ]);
    });

    it('says why it may not start, if a host sends its scripts as text', async () => {
      await emerging.run('studio', '--build=plain');
      const plain = (name: string): string => (/\.m?js$/.test(name) ? 'text/plain' : mediaType(name));
      const host = await opened(serveFolder(join(emerging.folder, 'plain'), '/', plain));
      const { page } = await opened(openChromium(host.url));
      await page.getByText('its scripts cannot be loaded').waitFor();
    });

    it('refuses a folder with other files', async () => {
      mkdirSync(join(emerging.folder, 'mine'));
      writeFileSync(join(emerging.folder, 'mine', 'notes'), '');
      const { code, stderr } = await emerging.run('studio', '--build=mine');
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: expect.stringMatching(/^[^\n]*mine is not empty \(contains notes\)[^\n]*\n$/),
      });
    });
  },
);
