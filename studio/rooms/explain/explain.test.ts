// The room Explain in Chromium: the first minute, and the steps of the story.
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../../src/model/loading/loadModel.ts';
import { commandLine } from '../../../src/testing/command.ts';
import { chromiumPath, openChromium } from '../../../src/testing/pages.ts';
import {
  accessibilityFaults,
  buildStudio,
  canvasLevels,
  startStudio,
  visit,
} from '../../../src/testing/studio.ts';
import { normals } from '../how/maths/random.ts';

const root = buildStudio();
const emerging = commandLine(root);

const SIDE = 28;

describe.skipIf(chromiumPath === undefined)(
  'the room Explain (scripts/install-system-packages)',
  { tags: 'system' },
  () => {
    let studio: Awaited<ReturnType<typeof startStudio>>;
    let page: Page;
    let closePage: () => Promise<void>;
    beforeAll(async () => {
      studio = await startStudio(emerging);
      ({ page, close: closePage } = await openChromium('about:blank'));
    });
    afterAll(async () => {
      await closePage();
      await studio.close();
    });

    const open = (hash: string, look = {}): Promise<void> => visit(page, studio.url + hash, look);
    const film = () => page.getByRole('img', { name: /^Between noise and/ });
    const filmAt = (place: string) =>
      page.getByRole('img', { name: `Between noise and digits: ${place}` }).waitFor();
    /** The first image of the film. */
    const firstImage = (): Promise<number[]> =>
      film().evaluate((canvas: HTMLCanvasElement) =>
        Array.from(canvas.getContext('2d')!.getImageData(0, 0, 28, 28).data).filter(
          (_, index) => index % 4 === 0,
        ),
      );

    it('turns the noise that it shows into the digits of the model, and back', async () => {
      await open('#/explain');
      await filmAt('digits');
      await using model = await loadModel(join(root, 'models/mnist-small'));
      const normal = normals(1);
      const noise = Float32Array.from({ length: SIDE ** 2 }, () => 0.7 * normal());
      const expected = await model.decode(arrangedLatents(noise));
      const errors = (await firstImage()).map((level, pixel) => Math.abs(level - Number(expected[pixel])));
      expect(Math.max(...errors)).toBeLessThanOrEqual(1);
      const slider = page.getByRole('slider', { name: 'From noise to digits' });
      await slider.press('Home');
      await filmAt('noise');
      // Greater numbers are brighter, up to the contrast's ends.
      const levels = await firstImage();
      const order = [...noise.keys()].sort((a, b) => noise[a]! - noise[b]!);
      expect(order.every((pixel, rank) => rank === 0 || levels[pixel]! >= levels[order[rank - 1]!]!)).toBe(
        true,
      );
      await page.getByRole('button', { name: 'Play' }).click();
      await filmAt('digits');
      await filmAt('noise');
    });

    it('trains the flow in two dimensions by itself', async () => {
      await open('#/explain');
      await page
        .getByText(/^Step [1-9]/)
        .first()
        .waitFor();
    });

    it('moves nothing if the reader prefers less motion', async () => {
      await open('#/explain', { reducedMotion: 'reduce' });
      await filmAt('digits');
      expect(await page.getByRole('button', { name: 'Pause' }).count()).toBe(0);
      await page
        .getByText(/^Step 0/)
        .first()
        .waitFor();
    });

    it('tells a story of five steps, each with an address and something to do', async () => {
      await open('#/explain');
      await page.getByRole('link', { name: 'The story: five steps, five minutes' }).click();

      await page.getByRole('heading', { name: 'Noise becomes digits', level: 1 }).waitFor();
      await filmAt('digits');
      const before = await firstImage();
      await page.getByRole('slider', { name: 'Temperature' }).press('Home');
      await expect.poll(firstImage).not.toEqual(before);
      await page.getByRole('link', { name: 'Next: Draw your own' }).click();

      await page.getByRole('heading', { name: 'A test digit' }).waitFor();
      const pad = page.getByRole('img', { name: /^Draw a digit here/ });
      await pad.scrollIntoViewIfNeeded();
      const { x, y, width } = (await pad.boundingBox())!;
      await page.mouse.move(x + width / 2, y + width / 4);
      await page.mouse.down();
      await page.mouse.move(x + width / 2, y + (3 * width) / 4, { steps: 5 });
      await page.mouse.up();
      await page.getByRole('heading', { name: 'There and back' }).waitFor();
      await page.getByText('All 784 pixels have come back, each with its exact grey level.').waitFor();
      await page.getByRole('link', { name: 'Next: What does it cost?' }).click();

      const price = async (): Promise<number> =>
        Number.parseFloat((await page.locator('.explain-bars b').last().textContent())!);
      await expect.poll(price).toBeLessThan(2);
      await page
        .getByText(/^Point at a square of 2 × 2 pixels\. Rows 15–16, columns 15–16: .* bits per pixel\.$/)
        .waitFor();
      await page.getByRole('slider', { name: 'Noise' }).press('End');
      await expect.poll(price).toBeGreaterThan(5);
      await page.getByRole('link', { name: 'Next: Fool it' }).click();

      await page.getByText(/bits\/dim: likelier than [\d,]+ of 1,200 real digits\.$/).waitFor();
      await page.getByRole('slider', { name: 'Rubbed out' }).press('End');
      await page.getByText('likelier than 1,200 of 1,200 real digits.').waitFor();
      await page
        .getByText('No, it is odd: none of 1,200 real digits needs this few bits or fewer.')
        .waitFor();
      await page.getByRole('link', { name: 'Next: Undo a convolution' }).click();

      await page.getByText(/256 of 256 pixels undone.* are wrong\./).waitFor();
      await page.getByLabel('Convolution', { exact: true }).selectOption('emerging');
      await page.getByRole('button', { name: 'Undo it' }).click();
      await page.getByText(/256 of 256 pixels undone.* all are right\./).waitFor();
      await expect.poll(() => new URL(page.url()).hash).toBe('#/explain?step=5&convolution=emerging');
      await page.goBack();
      await page.getByRole('heading', { name: 'Fool it', level: 1 }).waitFor();
      await expect.poll(() => new URL(page.url()).hash).toBe('#/explain?step=4&rubbed=100');
    });

    it('prices the digit as the library does', async () => {
      await page.goto('about:blank');
      await page.goto(`${studio.url}#/explain?step=3`);
      const price = page.locator('.explain-bars b').last();
      await price.waitFor();
      const pixels = await canvasLevels(page.getByRole('img', { name: 'The digit, with the noise' }));
      await using model = await loadModel(join(root, 'models/mnist-small'));
      const [bits] = await model.bitsPerDim(Uint8Array.from(pixels), {
        draws: 4,
        seed: 0,
        noiseByContent: true,
      });
      expect(await price.textContent()).toBe(`${bits!.toFixed(2)} bits/dim`);
    });

    it.each([
      ['step=1', 'step=1&temperature=0.7&seed=2'],
      ['step=1&temperature=1.2&seed=5', 'step=1&temperature=1.2&seed=5'],
      ['step=3&noise=40', 'step=3&noise=40'],
      ['step=4', 'step=4&rubbed=0'],
    ])('shares what %s shows', async (shown, linked) => {
      await open(`#/explain?${shown}`);
      await page.getByRole('button', { name: 'Share', exact: true }).click();
      const link = await page.getByLabel('Link to exactly this').inputValue();
      expect(new URL(link).hash).toBe(`#/explain?${linked}`);
      await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    });

    it('says that there is no such step', async () => {
      await open('#/explain?step=6');
      await page.getByText('The story has no step “6”, only 1 to 5. This is its beginning.').waitFor();
      await film().waitFor();
    });

    it('shows the film and its button on one screen, and the menu in one row', async () => {
      for (const viewport of [
        { width: 1280, height: 900 },
        { width: 390, height: 844 },
      ]) {
        await open('#/explain', { viewport });
        const button = await page
          .getByRole('button', { name: /^(Play|Pause)$/ })
          .first()
          .boundingBox();
        expect(button!.y + button!.height).toBeLessThan(viewport.height);
        const links = page.getByRole('navigation', { name: 'Pages' }).getByRole('link');
        const boxes = await Promise.all((await links.all()).map((link) => link.boundingBox()));
        expect(boxes).toHaveLength(7);
        expect(new Set(boxes.map((box) => box!.y)).size).toBe(1);
        expect(boxes.at(-1)!.x + boxes.at(-1)!.width).toBeLessThanOrEqual(viewport.width);
      }
    });

    it.each([
      ['light', 1280],
      ['dark', 390],
    ] as const)('has no accessibility violations, %s and %d pixels wide', async (colorScheme, width) => {
      for (const step of [0, 1, 2, 3, 4, 5]) {
        const look = { colorScheme, viewport: { width, height: 844 }, reducedMotion: 'reduce' } as const;
        await open(`#/explain?step=${step}`, look);
        await page.getByRole('heading', { level: 1 }).waitFor();
        if (step === 3 || step === 4) {
          await page.locator('.explain-bars, .explain-verdict').waitFor();
        }
        expect(await accessibilityFaults(page), `step ${step}`).toEqual([]);
        const pageWidth = await page.evaluate(() => document.documentElement.scrollWidth);
        expect(pageWidth, `step ${step}`).toBeLessThanOrEqual(width);
      }
    });
  },
);

/** The latents whose picture is `noise`: two squeezes, with the last half of the channels split off after the first. */
function arrangedLatents(noise: Float32Array) {
  const [fine, coarse] = [SIDE / 2, SIDE / 4];
  const pixel = (row: number, column: number): number => noise[row * SIDE + column]!;
  const first = new Float32Array(fine ** 2 * 2);
  const second = new Float32Array(coarse ** 2 * 8);
  for (let row = 0; row < fine; row++) {
    for (let column = 0; column < fine; column++) {
      for (const side of [0, 1]) {
        first[(row * fine + column) * 2 + side] = pixel(2 * row + 1, 2 * column + side);
        const channel = 4 * side + 2 * (row % 2) + (column % 2);
        second[(Math.floor(row / 2) * coarse + Math.floor(column / 2)) * 8 + channel] = pixel(
          2 * row,
          2 * column + side,
        );
      }
    }
  }
  return [
    { shape: [1, fine, fine, 2], data: first },
    { shape: [1, coarse, coarse, 8], data: second },
  ];
}
