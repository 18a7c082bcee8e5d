// The room Train in Chromium: runs that pause, survive a reload, race, and resume in a terminal.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { describeOptions, type PartSettings } from '../../../src/core/parts/index.ts';
import { parts } from '../../../src/flows/models/index.ts';
import { resolveConfig } from '../../../src/runs/settings/resolve.ts';
import { optimizers } from '../../../src/tensor/optimizers/index.ts';
import { commandLine } from '../../../src/testing/command.ts';
import { chromiumPath, openChromium } from '../../../src/testing/pages.ts';
import { writePng } from '../../../src/testing/pngFiles.ts';
import { accessibilityFaults, buildStudio, startStudio } from '../../../src/testing/studio.ts';
import { tinyImages } from '../../../src/testing/tinyImages.ts';
import { PAGE_PRESET } from '../../work/constants.ts';

const root = buildStudio();
const emerging = commandLine(root);

describe.skipIf(chromiumPath === undefined)(
  'the room Train (scripts/install-system-packages)',
  { tags: 'system' },
  () => {
    let studio: Awaited<ReturnType<typeof startStudio>>;
    let page: Page;
    let closePage: () => Promise<void>;
    beforeAll(async () => {
      studio = await startStudio(emerging);
      ({ page, close: closePage } = await openChromium('about:blank', { reducedMotion: 'reduce' }));
    });
    afterAll(async () => {
      await closePage();
      await studio.close();
    });

    const enter = async (settings: string): Promise<void> => {
      await page.goto('about:blank');
      await page.goto(`${studio.url}#/train?levels=1&depth=1&width=8&batch=16&${settings}`);
    };
    const start = (name = 'Start training') => page.getByRole('button', { name }).click();
    const card = (name: string, on = page) => on.getByRole('article', { name, exact: true });
    const button = (name: string, text: string, on = page) =>
      card(name, on).getByRole('button', { name: text, exact: true });

    /** Waits until a run's facts match, and returns the number in them. */
    const waitForFact = async (name: string, pattern: RegExp): Promise<number> => {
      const fact = card(name).getByText(pattern).first();
      await fact.waitFor();
      return Number(pattern.exec((await fact.textContent())!)![1]!.replaceAll(',', ''));
    };

    it('trains in one tab only; pauses, survives a reload, resumes, also in a terminal', async () => {
      const name = 'emerging-1x8';
      await enter('steps=100000');
      await start();
      // At least thirty.
      await waitForFact(name, /^step ([3-9]\d|[\d,]{3,}) of 100,000$/);
      await waitForFact(name, /^about ([\d,]+) (minute|hour)s? left$/);

      const otherTab = await page.context().newPage();
      await otherTab.goto(`${studio.url}#/train`);
      await card(name, otherTab).getByText('Training in another tab').waitFor();
      expect(await button(name, 'Resume', otherTab).count()).toBe(0);

      // An error in one look doesn't end it.
      for (const worker of otherTab.workers()) {
        await worker.evaluate(() => {
          const { getDirectory } = StorageManager.prototype;
          StorageManager.prototype.getDirectory = () => {
            StorageManager.prototype.getDirectory = getDirectory;
            return Promise.reject(new Error('blocked for once'));
          };
        });
      }
      await card(name, otherTab).getByText('blocked for once').waitFor();
      await button(name, 'Pause').click();
      await card(name, otherTab).getByText('Paused').waitFor();
      expect(await card(name, otherTab).getByText('blocked for once').count()).toBe(0);
      await otherTab.close();
      const saved = await waitForFact(name, /^saved at step ([\d,]+)$/);
      await page.reload();
      expect(await waitForFact(name, /^saved at step ([\d,]+)$/)).toBe(saved);
      await button(name, 'Resume').click();
      await card(name).getByText('Pause', { exact: true }).waitFor();
      await page.waitForFunction(
        (before) =>
          Number(/step ([\d,]+) of/.exec(document.body.textContent)?.[1]?.replace(',', '')) > before,
        saved + 5,
      );
      await button(name, 'Pause').click();
      const step = await waitForFact(name, /^saved at step ([\d,]+)$/);
      expect(step).toBeGreaterThan(saved + 5);

      const [download] = await Promise.all([page.waitForEvent('download'), button(name, 'Download').click()]);
      expect(download.suggestedFilename()).toBe(`${name}.zip`);
      for (const [file, bytes] of Object.entries(unzipSync(readFileSync(await download.path())))) {
        mkdirSync(join(emerging.folder, dirname(file)), { recursive: true });
        writeFileSync(join(emerging.folder, file), bytes);
      }
      const lines = (): { step: number; bitsPerDim?: number }[] =>
        readFileSync(join(emerging.folder, name, 'metrics.jsonl'), 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line));
      const losses = lines().flatMap(({ bitsPerDim }) => bitsPerDim ?? []);
      expect(losses).toHaveLength(step);
      const mean = (values: number[]): number => values.reduce((sum, loss) => sum + loss, 0) / values.length;
      expect(mean(losses.slice(-10))).toBeLessThan(mean(losses.slice(0, 10)) - 0.1);
      await emerging.json(
        'train',
        `--resume=${name}`,
        `--data=${join(root, 'dist/page/mnist-5000.images.gz')}`,
        `--steps=${step + 3}`,
        '--no-test',
        '--threads=1',
      );
      expect(lines().filter(({ bitsPerDim }) => bitsPerDim !== undefined)).toHaveLength(step + 3);
      await expect(card(name).getByText(`emerging train --resume ${name}`).count()).resolves.toBe(1);
    });

    it('trains in two minutes: scrolls to the run, and shows samples by time', async () => {
      await page.goto(`${studio.url}#/train`);
      await page.getByRole('button', { name: 'Train in two minutes' }).click();
      const name = 'emerging-3x32';
      await expect
        .poll(async () => (await card(name).boundingBox())?.y ?? -1, { timeout: 30_000 })
        .toBeLessThan(720);
      await page.getByText(/^([5-9]|1[01]) s, step \d+$/).waitFor();
      const steps = await waitForFact(name, /^step [\d,]+ of ([\d,]+)$/);
      expect(steps).toBeGreaterThan(10);
      await button(name, 'Pause').click();
      await waitForFact(name, /^saved at step ([\d,]+)$/);
      // The budget has replaced the form's number of steps.
      await page.reload();
      expect(await waitForFact(name, /^step [\d,]+ of ([\d,]+)$/)).toBe(steps);
      // The focus stays on the button.
      for (const [pressed, focused] of [
        ['Delete', 'Keep'],
        ['Keep', 'Delete'],
      ] as const) {
        await button(name, pressed).click();
        await button(name, focused).waitFor();
        expect(await page.evaluate(() => document.activeElement!.textContent)).toBe(focused);
      }
      // As another tab may.
      await page.evaluate(async (run) => {
        const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('emerging-flows');
        await folder.removeEntry(run, { recursive: true });
      }, name);
      await button(name, 'Download').click();
      await card(name).getByText(`The run ${name} is no longer there: reload the page.`).waitFor();
      await button(name, 'Delete').click();
      await button(name, 'Delete for good').click();
      await card(name).waitFor({ state: 'detached' });
    });

    it('gives the name of a deleted run to another, whose model the rooms then use', async () => {
      const name = 'emerging-1x5';
      const drawnAfter = async (seed: number): Promise<string> => {
        // Within the page: the workers stay.
        await page.goto(`${studio.url}#/train?levels=1&depth=1&width=5&batch=16&steps=2&seed=${seed}`);
        await start();
        await card(name).getByText('Done').waitFor();
        await page.goto(`${studio.url}#/draw?count=1&model=browser/${name}`);
        const sheet = page.getByRole('group', { name: /^1 sample from/ });
        const drawn = await sheet
          .locator('canvas')
          .evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
        await page.goto(`${studio.url}#/train`);
        await button(name, 'Delete').click();
        await button(name, 'Delete for good').click();
        await card(name).waitFor({ state: 'detached' });
        return drawn;
      };
      expect(await drawnAfter(1)).not.toBe(await drawnAfter(2));
    });

    it('asks before the page is left while a run trains', async () => {
      const name = 'emerging-1x7';
      await enter('width=7&steps=100000');
      await start();
      await waitForFact(name, /^step ([\d,]+) of 100,000$/);
      const dialogOpened = page.waitForEvent('dialog');
      const reloaded = page.reload().catch(() => {});
      const dialog = await dialogOpened;
      expect(dialog.type()).toBe('beforeunload');
      await dialog.accept();
      await reloaded;
      await button(name, 'Delete').click();
      await button(name, 'Delete for good').click();
      await card(name).waitFor({ state: 'detached' });
    });

    it('races two models in one plot, by step or training time, and deletes only when asked', async () => {
      await enter('steps=10&rival=1x1&rivalWidth=6');
      await page.getByText(/^1x1: [\d,]+ parameters, about \d+ MiB of memory$/).waitFor();
      await start('Start the race');
      const racers = ['emerging-1x8-2', '1x1-1x6'];
      for (const name of racers) {
        await card(name).getByText('Done').waitFor();
        await card(name)
          .getByRole('img', { name: `Samples of ${name} after 10 steps` })
          .waitFor();
      }
      // Runs keep their order and colours: 1x1 is the first in the alphabet, and the last to start.
      const looks = () =>
        page
          .getByRole('article')
          .evaluateAll((cards) =>
            cards.map((element) => [
              element.getAttribute('aria-label'),
              /hue-\d/.exec(element.className)![0],
            ]),
          );
      const before = await looks();
      expect(before.map(([name]) => name)).toEqual(['1x1-1x6', 'emerging-1x8-2', 'emerging-1x8']);
      await page.reload();
      await card('emerging-1x8').waitFor();
      await expect.poll(looks).toEqual(before);
      await page.getByRole('checkbox', { name: 'Show emerging-1x8 on the plot' }).uncheck();
      await page.getByRole('img', { name: `Learning curves of ${racers.join(', ')}` }).waitFor();
      await page.getByText('As a table').click();
      const menuValues = (name: string): Promise<string[]> =>
        page
          .getByRole('row', { name: `${name}, training` })
          .locator('td:nth-child(2)')
          .allTextContents();
      const steps = Array.from({ length: 10 }, (_, index) => String(index + 1));
      expect(await menuValues('1x1-1x6')).toEqual(steps);
      await page.getByText(/^After 10 steps, (emerging-1x8-2|1x1-1x6) needs \d\.\d{3} bits\/dim/).waitFor();
      await page.getByRole('button', { name: 'By training time' }).click();
      await page.getByText('seconds of training').first().waitFor();
      expect(await menuValues('1x1-1x6')).not.toEqual(steps);

      // Other rooms list the trained model.
      await page.getByRole('link', { name: 'Draw' }).click();
      await page.getByRole('heading', { name: 'Draw', level: 1 }).waitFor();
      const chosen = page.getByRole('combobox', { name: 'Model', exact: true });
      await chosen.selectOption('browser/1x1-1x6');
      await page.getByText('10 steps').waitFor();
      await page.getByRole('group', { name: /^64 samples from seed 0/ }).waitFor();
      await page.waitForFunction(() => location.hash.includes('1x1-1x6'));
      await page.reload();
      await page.getByRole('group', { name: /^64 samples from seed 0/ }).waitFor();
      expect(await chosen.inputValue()).toBe('browser/1x1-1x6');
      // Training has stored the statistics of its validation images.
      await page.getByRole('link', { name: 'Odd' }).click();
      await page.getByText(/^\d+ validation images from mnist-5000/).waitFor();
      await page.getByRole('img', { name: /^typicality of 56 images, and \d+ reference images$/ }).waitFor();
      expect(await page.getByTestId('missing').count()).toBe(0);
      await page.getByRole('link', { name: 'Train' }).click();

      await button('1x1-1x6', 'Delete').click();
      await button('1x1-1x6', 'Keep').click();
      await button('1x1-1x6', 'Delete').click();
      await button('1x1-1x6', 'Delete for good').click();
      await card('1x1-1x6').waitFor({ state: 'detached' });
      await page.reload();
      await card('emerging-1x8-2').getByText('Done').waitFor();
      expect(await card('1x1-1x6').count()).toBe(0);
    });

    it.each([
      ['light', 1200],
      ['dark', 390],
    ] as const)('has no accessibility violations, %s and %d pixels wide', async (colorScheme, width) => {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      await enter('data=files&rival=1x1');
      await page.getByRole('img', { name: /^Learning curves/ }).waitFor();
      await page.getByText('As a table').click();
      expect(await accessibilityFaults(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    });

    it('has a field for each option of each part, and trains with their values', async () => {
      // The preset's own options are what fields start with.
      const { optimizer } = resolveConfig({ preset: PAGE_PRESET }).training as {
        readonly optimizer: PartSettings;
      };
      const other = (key: string) => !['model.flow', 'model.mixing'].includes(key);
      const registries = [...Object.values(parts), optimizers].filter(({ key }) => other(key));
      await enter('');
      await page.getByText('More parts and their options').click();
      for (const registry of [parts.mixing, ...registries]) {
        const group = page.getByRole('group', { name: registry.what, exact: false });
        for (const { name, summary, options } of registry.library) {
          await group.getByRole('combobox').first().selectOption(name);
          await group.getByText(summary, { exact: true }).waitFor();
          const facts = describeOptions(options).filter(
            ({ name: option }) => registry.kind !== 'conditioner' || option !== 'width',
          );
          const usual = registry.kind === 'optimizer' && name === optimizer.name ? optimizer : {};
          const notes = facts.map(({ name: option, meaning, default: fallback }) => {
            const start = Object.entries(usual).find(([key]) => key === option)?.[1] ?? fallback;
            return `${meaning} Default ${start}.`;
          });
          expect(await group.locator('.train-option .control-note').allTextContents(), name).toEqual(notes);
          // Nothing but the options can be changed.
          expect(await group.locator('input, select').count()).toBe(1 + facts.length);
        }
      }

      await enter('width=3&steps=2&coupling=spline&optimizer=adamw&optimizer.beta1=0.8');
      await page.getByText('Its 2 options').click();
      const kernel = page.getByRole('spinbutton', { name: 'Kernel size' });
      await kernel.fill('4');
      await page
        .getByText('model.mixing.kernelSize must be an odd whole number from 3 to 255, not 4')
        .waitFor();
      expect(await page.getByRole('button', { name: 'Start training' }).isDisabled()).toBe(true);
      await kernel.fill('5');
      await start();
      const name = 'emerging-1x3';
      await card(name).getByText('Done').waitFor();
      const [download] = await Promise.all([page.waitForEvent('download'), button(name, 'Download').click()]);
      const files = unzipSync(readFileSync(await download.path()));
      const { model, training } = parse(Buffer.from(files[`${name}/config.yaml`]!).toString());
      expect(model.mixing).toEqual({ name: 'emerging', kernelSize: 5, dilation: 1 });
      expect(model.coupling).toBe('spline');
      expect(training.optimizer).toEqual({
        name: 'adamw',
        beta1: 0.8,
        beta2: 0.999,
        epsilon: 1e-8,
        weightDecay: 0.01,
      });
      await button(name, 'Delete').click();
      await button(name, 'Delete for good').click();
      await card(name).waitFor({ state: 'detached' });
    });

    it('refuses models that are too large for a page, and levels that don’t fit, in words', async () => {
      await enter('');
      await page.getByRole('spinbutton', { name: 'Width' }).fill('2048');
      await page.getByRole('spinbutton', { name: 'Depth' }).fill('100');
      await page
        .getByText(
          /^This needs about [\d.,]+ GiB, but a page has at most [\d.]+ GiB: reduce width, depth or batch size\.$/,
        )
        .waitFor();
      expect(await page.getByRole('button', { name: 'Start training' }).isDisabled()).toBe(true);
      await page.getByRole('spinbutton', { name: 'Levels' }).fill('3');
      await page.getByText(/^3 levels need sides divisible by 8, .* at most 2 levels fit\.$/).waitFor();
    });

    it('trains on a folder of pictures, and requires them again after a reload', async () => {
      const folder = join(emerging.folder, 'pictures');
      mkdirSync(folder);
      const pixels = tinyImages(30, 12, 0);
      for (let image = 0; image < 30; image++) {
        const picture = pixels.subarray(image * 144, (image + 1) * 144);
        writePng(join(folder, `${image}.png`), picture, [12, 12, 1]);
      }
      writeFileSync(join(folder, 'broken.png'), 'no picture');
      await enter('data=files&size=8&channels=1&width=4&batch=8&steps=100000');
      expect(await page.getByRole('button', { name: 'Start training' }).isDisabled()).toBe(true);
      await page.getByLabel('Choose a folder').setInputFiles(folder);
      await page.getByText('31 files in pictures').waitFor();
      const name = 'emerging-1x4';
      const batch = page.getByRole('spinbutton', { name: 'Batch size' });
      await batch.fill('512');
      await page
        .getByText(
          /^30 pictures: \d+ to train on, \d+ for validation, \d+ for tests\. 1 unreadable picture skipped\.$/,
        )
        .waitFor();
      await page
        .getByText(/^Batch size 512 exceeds the number of training images, \d+: choose a smaller one\.$/)
        .waitFor();
      expect(await page.getByRole('button', { name: 'Start training' }).isDisabled()).toBe(true);
      const texts = join(emerging.folder, 'texts');
      mkdirSync(texts);
      writeFileSync(join(texts, 'notes.txt'), 'no picture');
      await page.getByLabel('Choose a folder').setInputFiles(texts);
      await page.getByText(/^Texts: no PNG, .* images among its files \(notes\.txt\)\.$/).waitFor();
      await page.getByLabel('Choose a folder').setInputFiles(folder);
      await batch.fill('8');
      await start();
      await waitForFact(name, /^step ([\d,]+) of 100,000$/);
      await card(name).getByText('1 unreadable picture skipped.').waitFor();
      await button(name, 'Pause').click();
      await card(name).getByText('1 level, on pictures').waitFor();
      // Resuming repeats its size and channels, whatever the form says.
      await enter('data=files&size=16&channels=3');
      await card(name)
        .getByText(/^To resume, choose its pictures again/)
        .waitFor();
      expect(await button(name, 'Resume').isDisabled()).toBe(true);
      await page.getByLabel('Choose a folder').setInputFiles(folder);
      await button(name, 'Resume').click();
      await button(name, 'Pause').click();
      await waitForFact(name, /^saved at step ([\d,]+)$/);
      expect(await card(name).getByRole('alert').count()).toBe(0);
    });
  },
);
