// The room Draw in Chromium, compared with the command line and the library.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadModel } from '../../../src/model/loading/loadModel.ts';
import { commandLine } from '../../../src/testing/command.ts';
import { chromiumPath, openChromium } from '../../../src/testing/pages.ts';
import { writePng } from '../../../src/testing/pngFiles.ts';
import { buildStudio, canvasLevels, startStudio, visit } from '../../../src/testing/studio.ts';

const root = buildStudio();
const emerging = commandLine(root);
const mnist = join(root, 'models/mnist-small');

describe.skipIf(chromiumPath === undefined)(
  'the room Draw (scripts/install-system-packages)',
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
    beforeEach(async () => {
      await visit(page, `${studio.url}#/draw?seed=3&temperature=0.7&count=16`);
      await sheet(3, 0.7).waitFor();
    });

    const sheet = (seed: number, temperature: number) =>
      page.getByRole('group', {
        name: `16 samples from seed ${seed} at temperature ${temperature}`,
        exact: true,
      });
    const image = (number: number) => page.getByRole('button', { name: `Image ${number}`, exact: true });

    /** The grey levels of an image of the sheet. */
    const imagePixels = async (number: number): Promise<Uint8Array> =>
      Uint8Array.from(await canvasLevels(image(number).locator('canvas')));

    /** Saves something and compares it with the command line's picture; rounding may differ by one grey level. */
    const expectSaved = async (button: string, name: string, expected: string): Promise<void> => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: button }).click(),
      ]);
      expect(download.suggestedFilename()).toBe(name);
      const saved = decode(readFileSync(await download.path()));
      const drawn = decode(readFileSync(join(emerging.folder, expected)));
      expect([saved.width, saved.height, saved.channels]).toEqual([
        drawn.width,
        drawn.height,
        drawn.channels,
      ]);
      const differences = [...saved.data].map((level, index) => Math.abs(level - drawn.data[index]!));
      expect(differences.reduce((largest, difference) => Math.max(largest, difference))).toBeLessThanOrEqual(
        1,
      );
      expect(differences.filter((difference) => difference > 0).length).toBeLessThan(
        differences.length / 100,
      );
    };

    it('shows the first sheet while it is drawn, without letting users choose from it', async () => {
      const { page, close } = await openChromium('about:blank');
      // These states last only a moment.
      await page.addInitScript(() => {
        const seen = new Set<string>();
        Object.assign(globalThis, { seen });
        new MutationObserver(() => {
          const [drawn, free] = ['.sheet canvas', '.sheet button:enabled'].map(
            (query) => document.querySelectorAll(query).length,
          );
          seen.add(`${drawn} drawn, ${free} to choose`);
        }).observe(document, { subtree: true, childList: true });
      });
      await page.goto(`${studio.url}#/draw?seed=3&count=36`);
      await page.getByRole('group', { name: /^36 samples from seed 3/ }).waitFor();
      const seen = await page.evaluate(() => [...(globalThis as never as { seen: Set<string> }).seen]);
      expect(seen).toEqual(expect.arrayContaining(['16 drawn, 0 to choose', '32 drawn, 0 to choose']));
      expect(seen.at(-1)).toBe('36 drawn, 36 to choose');
      await close();
    });

    it('draws and saves the samples of emerging sample', async () => {
      const options = ['--seed=3', '--temperature=0.7', '--count=16', '--out=samples.png'];
      await emerging.json('sample', mnist, ...options);
      await expectSaved('Save sheet', 'samples-models-mnist-small-seed-3-temperature-0.7.png', 'samples.png');
    });

    it('shows a sheet as outdated if the next is stopped, and never as a sheet of other settings', async () => {
      const stopAt = async (settings: string): Promise<void> => {
        await page.goto(`${studio.url}#/draw?temperature=0.7&count=400&${settings}`);
        await page.getByRole('button', { name: 'Stop' }).click();
        await page.getByText('Stopped.').waitFor();
      };
      await stopAt('seed=4');
      expect(await sheet(3, 0.7).getAttribute('data-outdated')).toBe('true');
      await page.getByRole('button', { name: 'Share' }).click();
      await page.getByRole('textbox', { name: 'Link to exactly this' }).waitFor();
      expect(await page.getByRole('button', { name: 'Save picture' }).count()).toBe(0);
      await page.keyboard.press('Escape');
      // Closing goes back in the browser's history, which would undo the next address.
      await page.waitForFunction(() => history.state === null);
      await stopAt('seed=3&model=models/mnist');
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Save sheet' }).click(),
      ]);
      expect(download.suggestedFilename()).toBe('samples-models-mnist-small-seed-3-temperature-0.7.png');
    });

    it('measures the bits/dim of an opened image, and leads to its neighbours', async () => {
      await using model = await loadModel(mnist);
      const imageBits = async (number: number): Promise<number> =>
        (await model.bitsPerDim(await imagePixels(number), { draws: 4, seed: 0, noiseByContent: true }))[0]!;
      const expected = [await imageBits(5), await imageBits(6)];
      await image(5).click();
      const dialog = page.getByRole('dialog', { name: 'Image 5 of 16' });
      const bits = page.getByTestId('bits');
      expect(Math.abs(Number(await bits.textContent()) - expected[0]!)).toBeLessThan(1e-4);
      await page.keyboard.press('ArrowRight');
      await page.getByRole('dialog', { name: 'Image 6 of 16' }).waitFor();
      expect(Math.abs(Number(await bits.textContent()) - expected[1]!)).toBeLessThan(1e-4);
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      // Back closes it too, and stays on the page.
      await page.getByRole('button', { name: 'Image 5', exact: true }).click();
      await dialog.waitFor();
      await page.goBack();
      await dialog.waitFor({ state: 'detached' });
      await page.getByRole('heading', { name: 'Draw', level: 1 }).waitFor();
    });

    it('saves an image at its own size or enlarged, and shows its inside', async () => {
      const drawn = await imagePixels(7);
      await image(7).click();
      const saved = async (button: string) => {
        const [download] = await Promise.all([
          page.waitForEvent('download'),
          page.getByRole('button', { name: button }).click(),
        ]);
        return decode(readFileSync(await download.path()));
      };
      const { width, height, data } = await saved('Save image');
      expect([width, height, Uint8Array.from(data)]).toEqual([28, 28, drawn]);
      const enlarged = await saved('Save enlarged');
      expect([enlarged.width, enlarged.height]).toEqual([224, 224]);
      expect(enlarged.data[8 * (14 * 224 + 14)]).toBe(drawn[14 * 28 + 14]);
      await page.getByRole('link', { name: 'Look inside' }).click();
      await page.getByText('Image 7 of this seed.').waitFor();
      const inside = await canvasLevels(page.getByRole('img', { name: 'Original image' }));
      expect(Uint8Array.from(inside)).toEqual(drawn);
      // Back leads to the sheet, and once more to the page before it.
      await page.goBack();
      await image(7).waitFor();
      await page.goBack();
      await page.getByRole('heading', { name: 'No such page' }).waitFor();
    });

    it('interpolates between two images as emerging interpolate does', async () => {
      for (const [name, number] of [
        ['a.png', 2],
        ['b.png', 9],
      ] as const) {
        writePng(join(emerging.folder, name), await imagePixels(number), [28, 28, 1]);
      }
      await emerging.json('interpolate', mnist, 'a.png', 'b.png', '--steps=9', '--out=interpolation.png');
      await page.getByRole('button', { name: 'Choose image A' }).click();
      await image(2).click();
      await page.getByText('Choose image B on the sheet.').waitFor();
      await image(9).click();
      const slider = page.getByRole('slider', { name: 'From A to B' });
      await expectSaved(
        'Save strip',
        'interpolation-models-mnist-small-seed-3-temperature-0.7.png',
        'interpolation.png',
      );
      await slider.press('End');
      await page.getByRole('img', { name: 'Step 32 of 32 from A to B' }).waitFor();
      // The marks belong to this sheet; the ends stay when another is drawn.
      expect(await page.getByRole('button', { name: 'Image 9, interpolation end B' }).count()).toBe(1);
      await page.getByRole('spinbutton', { name: 'Seed' }).fill('4');
      await sheet(4, 0.7).waitFor();
      expect(await page.getByRole('button', { name: /end B/ }).count()).toBe(0);
      expect(await slider.count()).toBe(1);
    });

    it('leaves for another address that comes while a moving slider is about to change it', async () => {
      await page.evaluate(() => {
        const { setTimeout: later } = window;
        const due: (() => void)[] = [];
        window.setTimeout = ((work: () => void) => due.push(work)) as typeof later;
        const slider = document.querySelector<HTMLInputElement>('input[type=range]')!;
        slider.value = '1';
        slider.dispatchEvent(new Event('input', { bubbles: true }));
        window.setTimeout = later;
        // The change of the slider is due before the event of the new address.
        location.hash = '#/runs';
        for (const work of due) {
          work();
        }
      });
      await page.getByRole('heading', { name: 'Runs', level: 1 }).waitFor();
      expect(await page.evaluate(() => location.hash)).toBe('#/runs');
    });

    it('follows a moving slider, and keeps its value in the address', async () => {
      const slider = page.getByRole('slider', { name: 'Temperature' });
      for (let press = 0; press < 6; press++) {
        await slider.press('ArrowRight');
      }
      await sheet(3, 1).waitFor();
      await page.waitForFunction(() => location.hash === '#/draw?seed=3&temperature=1&count=16');
      const before = await imagePixels(1);
      await page.reload();
      await sheet(3, 1).waitFor();
      expect(await imagePixels(1)).toEqual(before);
    });

    it('shows the sheet as it was when the slider returns', async () => {
      const slider = page.getByRole('slider', { name: 'Temperature' });
      const moveTo = (value: string) =>
        slider.evaluate((input: HTMLInputElement, moved) => {
          input.value = moved;
          input.dispatchEvent(new Event('input', { bubbles: true }));
        }, value);
      await moveTo('1');
      await page.locator('.sheet-stale').first().waitFor();
      await moveTo('0.7');
      await page.locator('.sheet-stale').first().waitFor({ state: 'detached' });
    });

    it('takes a new seed at a press, and a typed one if it is valid', async () => {
      await page.getByRole('button', { name: 'New seed' }).click();
      await sheet(3, 0.7).waitFor({ state: 'detached' });
      const seed = page.getByRole('spinbutton', { name: 'Seed' });
      expect(await seed.inputValue()).toMatch(/^\d{1,5}$/);
      await seed.fill('-5');
      expect(await seed.getAttribute('aria-invalid')).toBe('true');
      await seed.fill('7');
      await sheet(7, 0.7).waitFor();
    });

    it('works with the keyboard', async () => {
      await image(1).focus();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog', { name: 'Image 6 of 16' }).waitFor();
      await page.keyboard.press('Escape');
      expect(await image(6).evaluate((button) => button === document.activeElement)).toBe(true);
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Save sheet');
    });

    it('can be stopped while a model loads, and starts again', async () => {
      await page.goto('about:blank');
      let reached = (): void => {};
      const requested = new Promise<void>((resolve) => {
        reached = resolve;
      });
      await page.context().route('**/model.safetensors', () => reached());
      await page.goto(`${studio.url}#/draw`);
      await requested;
      await page.getByRole('button', { name: 'Stop', exact: true }).click();
      await page.getByText('Stopped.').waitFor();
      expect(await page.getByRole('group', { name: /64 samples/ }).count()).toBe(0);
      await page.context().unroute('**/model.safetensors');
      await page.getByRole('button', { name: 'New seed' }).click();
      await page.getByRole('group', { name: /64 samples/ }).waitFor();
      expect(await page.getByText('Stopped.').count()).toBe(0);
    });
  },
);
