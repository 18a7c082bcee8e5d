// Shared links, opened in a second browser, show the same as the first; pictures and animations have captions.
import { readFileSync } from 'node:fs';
import { decode } from 'fast-png';
import type { Download, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandLine } from '../../src/testing/command.ts';
import { type FirefoxPage, firefoxPath, openFirefox } from '../../src/testing/marionette.ts';
import { chromiumPath, openChromium } from '../../src/testing/pages.ts';
import { accessibilityFaults, buildStudio, startStudio, visit } from '../../src/testing/studio.ts';

const emerging = commandLine(buildStudio());

describe.skipIf(chromiumPath === undefined)(
  'sharing (scripts/install-system-packages)',
  { tags: 'system' },
  () => {
    let studio: Awaited<ReturnType<typeof startStudio>>;
    let page: Page;
    let closePage: () => Promise<void>;
    let firefox: FirefoxPage | undefined;
    beforeAll(async () => {
      studio = await startStudio(emerging);
      ({ page, close: closePage } = await openChromium('about:blank'));
      firefox = firefoxPath === undefined ? undefined : await openFirefox('about:blank');
    });
    afterAll(async () => {
      await firefox?.close();
      await closePage();
      await studio.close();
    });

    const share = (within = page.locator('body')) =>
      within.getByRole('button', { name: 'Share', exact: true }).first().click();
    const link = () => page.getByLabel('Link to exactly this').inputValue();
    const closeDialog = () => page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    const saved = async (button: string): Promise<Download> => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: button }).click(),
      ]);
      return download;
    };
    /** The first channel of the canvases that a selector finds, in the page of a browser. */
    const readCanvases = (selector: string): number[][] =>
      Array.from(document.querySelectorAll<HTMLCanvasElement>(selector), (canvas) => {
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        return Array.from(data.filter((_, index) => index % 4 === 0));
      });

    /** Opens a link in another Chromium and in Firefox, and compares the pictures there with those of the page. */
    const expectSame = async (address: string, selector: string, tolerance = 0): Promise<void> => {
      const expected = await page.evaluate(readCanvases, selector);
      expect(expected.flat().some((level) => level > 100)).toBe(true);
      const expectedLevels = expected.flat();
      const largestDifference = (levels: number[][]): number =>
        levels.length !== expected.length
          ? Number.POSITIVE_INFINITY
          : levels
              .flat()
              .reduce((most, level, index) => Math.max(most, Math.abs(level - expectedLevels[index]!)), 0);
      const other = await openChromium(address);
      await expect
        .poll(async () => largestDifference(await other.page.evaluate(readCanvases, selector)))
        .toBeLessThanOrEqual(tolerance);
      expect(await other.page.getByRole('alert').count()).toBe(0);
      await other.close();
      await firefox?.goto('about:blank');
      await firefox?.goto(address);
      if (firefox) {
        // Rounding may differ by one grey level.
        await expect
          .poll(async () => largestDifference(await firefox!.evaluate(readCanvases, selector)))
          .toBeLessThanOrEqual(Math.max(1, tolerance));
      }
    };

    it('shares a sheet and an interpolation between images of two sheets', async () => {
      await visit(page, `${studio.url}#/draw?count=16&seed=3&temperature=0.7`);
      await page.getByRole('button', { name: 'Choose image A' }).click();
      await page.getByRole('button', { name: 'Image 2', exact: true }).click();
      await page.getByRole('spinbutton', { name: 'Seed' }).fill('4');
      await page.getByRole('group', { name: /^16 samples from seed 4/ }).waitFor();
      await page.getByRole('button', { name: 'Image 5', exact: true }).click();
      const slider = page.getByRole('slider', { name: 'From A to B' });
      await slider.press('Home');
      await slider.press('ArrowRight');
      await share();
      const address = await link();
      await page.getByRole('button', { name: 'Copy link', exact: true }).waitFor();
      expect(address).toContain('from=2-3-0.7');
      expect(address).toContain('to=5-4-0.7');
      expect(address).toContain('model=models/mnist-small');
      const readSaved = async () => decode(readFileSync(await (await saved('Save picture')).path()));
      /** The rows of a picture, beside its caption. */
      const rows = ({ data, width, height, channels }: ReturnType<typeof decode>) =>
        Array.from({ length: height }, (_, row) =>
          data.slice(row * width * channels, (row * width + height) * channels),
        );
      const picture = await readSaved();
      expect([picture.width, picture.height]).toEqual([1200, 630]);
      const animation = await saved('Save animation');
      // …as it is…
      expect(rows(await readSaved())).toEqual(rows(picture));
      expect(animation.suggestedFilename()).toBe('16-images-made-of-noise.webm');
      const bytes = readFileSync(await animation.path());
      // The first bytes of every WebM file.
      expect([...bytes.subarray(0, 4)]).toEqual([0x1a, 0x45, 0xdf, 0xa3]);
      expect(bytes.length).toBeGreaterThan(20_000);
      expect(await accessibilityFaults(page)).toEqual([]);
      await closeDialog();
      await expectSame(address, '.sheet canvas, .interpolation canvas');
    });

    it('shares a drawing in the plane', async () => {
      await visit(page, `${studio.url}#/how?section=plane&points=drawn`);
      const plane = page.getByRole('application', { name: /^The plane at the data/ });
      await plane.scrollIntoViewIfNeeded();
      const { x, y, width } = (await plane.boundingBox())!;
      await page.mouse.move(x + 0.2 * width, y + 0.3 * width);
      await page.mouse.down();
      await page.mouse.move(x + 0.8 * width, y + 0.4 * width, { steps: 9 });
      await page.mouse.up();
      const figure = page.locator('figure').filter({ has: plane });
      // The offer waits for the first picture.
      await share(figure);
      const address = await link();
      await page.getByText('whoever opens it trains the flow again').waitFor();
      await saved('Save animation');
      await closeDialog();
      const points = (): string | null | undefined =>
        document.querySelector('.plane-points')?.getAttribute('d');
      const expected = await page.evaluate(points);
      expect(expected!.length).toBeGreaterThan(1000);
      const other = await openChromium(address);
      await expect.poll(() => other.page.evaluate(points)).toBe(expected);
      await other.close();
      await firefox?.goto('about:blank');
      await firefox?.goto(address);
      if (firefox) {
        await expect.poll(() => firefox!.evaluate(points)).toBe(expected);
      }
    });

    it('shares a drawn digit with edited latents', async () => {
      await visit(page, `${studio.url}#/inside`);
      await page.getByLabel('Image', { exact: true }).selectOption('drawing');
      const pad = page.getByRole('img', { name: /^Draw a digit here/ });
      const { x, y, width } = (await pad.boundingBox())!;
      await page.mouse.move(x + 0.5 * width, y + 0.2 * width);
      await page.mouse.down();
      await page.mouse.move(x + 0.4 * width, y + 0.8 * width, { steps: 5 });
      await page.mouse.up();
      const scale = page.getByLabel('Temperature of level 1');
      await scale.press('Home');
      await page.getByRole('img', { name: 'Decoded image' }).waitFor();
      const decoded = 'canvas[aria-label="Original image"], canvas[aria-label="Decoded image"]';
      // Decoding has followed the edit.
      await expect
        .poll(async () => {
          const [before, after] = await page.evaluate(readCanvases, decoded);
          return before!.some((level, index) => Math.abs(level - after![index]!) > 20);
        })
        .toBe(true);
      await share();
      const address = await link();
      expect(address.length).toBeLessThan(2000);
      await closeDialog();
      await expectSame(address, decoded, 1);
    });

    it('closes at Back, which stays on the page', async () => {
      await visit(page, `${studio.url}#/draw?count=16`);
      await page.getByRole('group', { name: /^16 samples from/ }).waitFor();
      await share();
      await page.getByRole('dialog', { name: 'Share' }).waitFor();
      await page.goBack();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.getByRole('heading', { name: 'Draw', level: 1 }).waitFor();
    });

    it('shares an odd image', async () => {
      await visit(page, `${studio.url}#/odd?order=most`);
      await page.getByRole('button', { name: /^digit 1, inverted/ }).click();
      await share();
      const address = await link();
      expect(address).toContain('find=49');
      await page
        .getByRole('dialog')
        .getByRole('img', { name: /inverted/ })
        .waitFor();
      await closeDialog();
      await expectSame(address, 'canvas[aria-label="Image"]');
    });

    it.each([
      ['draw?seed=x&count=16&from=1-2', 'seed=x'],
      ['draw?seed=x&count=16&from=1-2', 'from=1-2'],
      ['how?section=plane&points=drawn&drawing=ABC', 'drawing=ABC'],
      ['how?image=ring', 'image=ring'],
      ['explain?step=1&temperature=9', 'temperature=9'],
      ['explain?step=4&rubbed=all', 'rubbed=all'],
      ['explain?step=5&convolution=none', 'convolution=none'],
      ['inside?image=drawing&drawing=damaged', 'drawing=…'],
      ['inside?edits=damaged', 'edits=…'],
      ['odd?score=none', 'score=none'],
      ['compress?block=0', 'block=0'],
      ['train?steps=many', 'steps=many'],
    ])('says what it can’t use in %s: %s', async (hash, setting) => {
      await visit(page, `${studio.url}#/${hash}`);
      await page
        .getByRole('alert')
        .filter({ hasText: `“${setting}”` })
        .waitFor();
    });
  },
);
