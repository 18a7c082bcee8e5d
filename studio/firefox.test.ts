// The studio in Firefox: what the other tests do in Chromium, wherever the browsers may differ.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../src/model/loading/loadModel.ts';
import { commandLine } from '../src/testing/command.ts';
import { type FirefoxPage, firefoxPath, openFirefox } from '../src/testing/marionette.ts';
import { buildStudio, serveFolder, startStudio } from '../src/testing/studio.ts';
import { tinyTraining, writeTinyDataset } from '../src/testing/tinyImages.ts';
import { decimal } from './numbers.ts';

const root = buildStudio();
const emerging = commandLine(root);

describe.skipIf(firefoxPath === undefined)(
  'the studio in Firefox (scripts/install-system-packages)',
  { tags: 'system' },
  () => {
    let studio: Awaited<ReturnType<typeof startStudio>>;
    let page: FirefoxPage;
    beforeAll(async () => {
      mkdirSync(join(emerging.folder, 'runs'));
      studio = await startStudio(emerging);
      page = await openFirefox(studio.url);
    });
    afterAll(async () => {
      await page.close();
      await studio.close();
    });

    const enter = async (hash: string, url = studio.url): Promise<void> => {
      await page.goto('about:blank');
      await page.goto(url + hash);
    };
    /** The text of the first element; undefined if there is none. */
    const text = (selector: string) =>
      page.evaluate((query) => document.querySelector(query)?.textContent, selector);
    const count = (selector: string) =>
      page.evaluate((query) => document.querySelectorAll(query).length, selector);
    const appears = (selector: string) => expect.poll(() => count(selector)).toBeGreaterThan(0);
    const disappears = (selector: string) => expect.poll(() => count(selector)).toBe(0);
    const focus = (selector: string, index = 0) =>
      page.evaluate(([query, position]) => document.querySelectorAll<HTMLElement>(query)[position]!.focus(), [
        selector,
        index,
      ] as const);
    const focusLabelled = (label: string) =>
      page.evaluate(
        (query) =>
          [...document.querySelectorAll('label')]
            .find(({ textContent }) => textContent === query)!
            .control!.focus(),
        label,
      );
    /** Moves the pointer into an element. */
    const hover = async (selector: string): Promise<void> => {
      const { x, y, width, height } = await page.evaluate((query) => {
        const element = document.querySelector(query)!;
        element.scrollIntoView({ block: 'nearest', behavior: 'instant' });
        return element.getBoundingClientRect().toJSON() as DOMRect;
      }, selector);
      await page.movePointer(x + width / 2, y + height / 2);
    };
    /** The first channel of a canvas. */
    const canvasPixels = (name: string) =>
      page.evaluate((label) => {
        const canvas = document.querySelector<HTMLCanvasElement>(`canvas[aria-label="${label}"]`)!;
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        return Array.from(data.filter((_, index) => index % 4 === 0));
      }, name);

    it('draws its first sheet, also as static files below any path', async () => {
      await emerging.run('studio', '--build=site');
      const host = await serveFolder(join(emerging.folder, 'site'), '/people/ada/');
      for (const url of [studio.url, host.url]) {
        await enter('#/draw?count=16&seed=2', url);
        await appears('fieldset[aria-label^="16 samples from seed 2"]');
        const bright = await page.evaluate(() =>
          Array.from(document.querySelectorAll<HTMLCanvasElement>('.sheet canvas'), (canvas) =>
            canvas
              .getContext('2d')!
              .getImageData(0, 0, 28, 28)
              .data.some((value, offset) => offset % 4 === 0 && value > 200),
          ),
        );
        expect(bright).toEqual(new Array(16).fill(true));
        expect(await page.evaluate('document.title')).toBe('Draw · Emerging studio');
      }
      await host.close();
    });

    it('explains a term on focus, under the pointer, and until Escape', async () => {
      await enter('#/draw?count=16');
      const [term, tooltip] = ['.term-word', '[role="tooltip"]'];
      await appears(term);
      await focus(term);
      await appears(tooltip);
      expect((await text(tooltip))!.length).toBeGreaterThan(30);
      expect(
        await page.evaluate(
          (query) =>
            document.activeElement!.getAttribute('aria-describedby') === document.querySelector(query)!.id,
          tooltip,
        ),
      ).toBe(true);
      await page.press('Escape');
      await disappears(tooltip);
      await page.evaluate(() => (document.activeElement as HTMLElement).blur());
      await hover(term);
      await appears(tooltip);
      await hover(tooltip);
      expect(await count(tooltip)).toBe(1);
      await page.movePointer(1, 1);
      await disappears(tooltip);
    });

    it('opens with noise that becomes digits, and tells its story with the keyboard', async () => {
      await enter('');
      const film = '.film-picture';
      await appears(film);
      const name = () => page.evaluate((query) => document.querySelector(query)!.ariaLabel, film);
      await expect.poll(name).toBe('Between noise and digits: digits');
      await focus('.explain-words a');
      for (let step = 1; step <= 5; step++) {
        await page.press('Enter');
        await expect.poll(() => text('.explain-nav [aria-current]')).toBe(String(step));
        expect(await page.evaluate('location.hash')).toBe(`#/explain?step=${step}`);
        await appears('.explain-step > .buttons a');
        await focus('.explain-step > .buttons a');
      }
      // These tests prefer reduced motion, so nothing starts by itself.
      await appears('.how-player .primary');
      await focus('.how-player .primary');
      await page.press('Enter');
      await expect.poll(() => text('.how-figure figcaption')).toMatch(/256 of 256 pixels undone.* are wrong/);
    });

    it('shows the bits and the arithmetic of stages, and decodes edited latents', async () => {
      await enter('#/inside?image=digit&digit=8');
      await expect
        .poll(() => text('[data-testid="round-trip"]'))
        .toBe('All 784 values recovered exactly in float32.');
      const image = Uint8Array.from(await canvasPixels('Original image'));
      expect(await canvasPixels('Decoded image')).toEqual([...image]);
      await using model = await loadModel(join(root, 'models/mnist-small'));

      const [bits] = await model.bitsPerDim(image, { draws: 4, seed: 0, noiseByContent: true });
      await appears('.stages-tiles button');
      await focusLabelled('Stage');
      await page.press('End');
      await expect
        .poll(() => text('[data-testid="running-bits"]'))
        .toContain(`${decimal(bits!, 3)} bits/dim.`);
      const stages = await model.stageImages(image);
      const stageIndex = stages.findIndex(({ path }) => path === 'levels/0/steps/1');
      // The image comes first.
      await focus('.stages-tiles button', stageIndex + 1);
      await page.press('Enter');
      // The value in the middle: row 8, column 8, channel 4.
      const [, height, width, channels] = stages[stageIndex]!.output!.shape as [
        number,
        number,
        number,
        number,
      ];
      const valueIndex = ((height / 2) * width + width / 2) * channels + 3;
      await expect
        .poll(() => text('[data-testid="arithmetic"]'))
        .toContain(decimal(stages[stageIndex]!.output!.data[valueIndex]!, 3));

      await focusLabelled('Temperature of level 1');
      await page.press('Home');
      const latents = await model.encode(image);
      latents[0] = { ...latents[0]!, data: latents[0]!.data.map(() => 0) };
      const expected = await model.decode(latents);
      const errors = async (): Promise<number> =>
        Math.max(
          ...(await canvasPixels('Decoded image')).map((level, index) => Math.abs(level - expected[index]!)),
        );
      await expect.poll(errors).toBeLessThanOrEqual(1);
    });

    it('replays the recorded race', async () => {
      await enter('#/how?section=undo');
      await appears('.race');
      const [race, slider] = ['.race', 'figure:has(.race) input[type="range"]'];
      expect(await text(`figure:has(${race}) figcaption`)).toMatch(/^After 1,700 steps, /);
      await focus(slider);
      await page.press('Home');
      await expect
        .poll(() => text(`figure:has(${race}) figcaption`))
        .toMatch(/^After 1 step, emerging convolutions need 7\.\d{3} bits\/dim \(/);
      await appears('[aria-label="Samples of 1x1 convolutions after 1 step"]');
    });

    it('follows a run while it trains and after it has stopped', async () => {
      writeTinyDataset(join(emerging.folder, 'data'));
      const training = ['train', '--data=data', ...tinyTraining, '--threads=1', '--no-test'];
      await emerging.json(...training, '--steps=6', '--out=runs/done');
      await enter('#/runs?run=runs/live');
      const facts = (path: string) =>
        page.evaluate(
          (name) =>
            [...document.querySelectorAll<HTMLElement>('.run-list button')]
              .find((button) => button.querySelector('.run-list-name')?.textContent === name)
              ?.querySelector('.run-list-facts')?.textContent ?? '',
          path,
        );
      await expect.poll(() => facts('runs/done')).toMatch(/^step 6, complete · /);
      const child = emerging.start('app/cli/main', ...training, '--steps=100000', '--out=runs/live');
      const step = async (): Promise<number> =>
        Number(/step ([\d,]+)/.exec(await facts('runs/live'))?.[1]?.replaceAll(',', '') ?? 0);
      try {
        await expect.poll(() => facts('runs/live')).toMatch(/, training\b/);
        const before = await step();
        await expect.poll(step).toBeGreaterThan(before);
        await appears('[role="img"][aria-label="Learning curves of runs/live"]');
      } finally {
        const ended = new Promise((resolve) => child.on('exit', resolve));
        child.kill('SIGKILL');
        await ended;
      }
      await expect.poll(() => facts('runs/live')).toMatch(/, stopped\b/);
    });
  },
);
