// The room Runs in Chromium: a live run, a comparison, and hostile contents.
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandLine } from '../../../src/testing/command.ts';
import { chromiumPath, openChromium } from '../../../src/testing/pages.ts';
import { writePng } from '../../../src/testing/pngFiles.ts';
import { accessibilityFaults, buildStudio, startStudio } from '../../../src/testing/studio.ts';
import { tinyImages, tinyTraining, writeTinyDataset } from '../../../src/testing/tinyImages.ts';

const emerging = commandLine(buildStudio());
const training = ['train', '--data=data', ...tinyTraining, '--threads=1', '--no-test'];
const hostile = 'runs/<img src=x onerror=alert(1)>, 50 %';

describe.skipIf(chromiumPath === undefined)(
  'the room Runs (scripts/install-system-packages)',
  { tags: 'system' },
  () => {
    let studio: Awaited<ReturnType<typeof startStudio>>;
    let page: Page;
    let closePage: () => Promise<void>;
    beforeAll(async () => {
      writeTinyDataset(join(emerging.folder, 'data'));
      await emerging.json(...training, '--steps=6', `--out=${hostile}`);
      await emerging.json(...training, '--steps=6', '--set=model.mixing=1x1', '--out=runs/study/plain');
      studio = await startStudio(emerging);
      ({ page, close: closePage } = await openChromium('about:blank', { reducedMotion: 'reduce' }));
    });
    afterAll(async () => {
      await closePage();
      await studio.close();
    });

    const enter = async (settings = ''): Promise<void> => {
      await page.goto('about:blank');
      await page.goto(`${studio.url}#/runs${settings}`);
    };
    const plot = (...paths: string[]) =>
      page.getByRole('img', { name: `Learning curves of ${paths.join(', ')}`, exact: true });
    const rows = (series: string) => page.getByRole('row', { name: series }).locator('td:nth-child(2)');

    it('follows a live run, and restarts its curve when it resumes from an earlier step', async () => {
      await enter('?run=runs/live');
      await page.getByText('Run “runs/live” not found: choose another.').waitFor();
      const missing: string[] = [];
      page.on('response', (response) => {
        if (response.status() === 404) {
          missing.push(response.url());
        }
      });
      const child = emerging.start('app/cli/main', ...training, '--steps=100000', '--out=runs/live');
      try {
        await plot('runs/live').waitFor();
        const run = page.getByRole('article', { name: 'runs/live' });
        const steps = async (): Promise<number> =>
          Number((await run.locator('dd').first().textContent())!.replaceAll(',', ''));
        const before = await steps();
        await page.waitForFunction(
          (earlier) => Number(document.querySelector('.run dd')?.textContent?.replaceAll(',', '')) > earlier,
          before,
        );
        expect(await steps()).toBeGreaterThan(before);
        await run
          .getByText(/^\d[\d,]* images\/s$/)
          .first()
          .waitFor();
        await run.getByText('training', { exact: true }).waitFor();
        // It has no card yet, which must not be asked for.
        expect(missing).toEqual([]);
      } finally {
        const ended = new Promise((resolve) => child.on('exit', resolve));
        child.kill('SIGKILL');
        await ended;
      }
      await page.getByRole('article', { name: 'runs/live' }).getByText('stopped', { exact: true }).waitFor();
      // As resuming from a checkpoint does.
      const log = join(emerging.folder, 'runs/live/metrics.jsonl');
      writeFileSync(log, readFileSync(log, 'utf8').split('\n').slice(0, 2).join('\n').concat('\n'));
      await page.getByText('As a table').click();
      await page.waitForFunction(() => document.querySelectorAll('.plot-table tbody tr').length === 2);
      expect(await rows('runs/live, training').allTextContents()).toEqual(['1', '2']);
    });

    it('compares runs in one plot, with dropped steps and rollbacks, and keeps them in the address', async () => {
      await enter('?run=runs/study/plain');
      await plot('runs/study/plain').waitFor();
      const log = join(emerging.folder, 'runs/study/plain/metrics.jsonl');
      appendFileSync(log, '{"step":7,"bitsPerDim":null,"dropped":"its loss is <b>NaN</b>"}\n');
      appendFileSync(log, '{"step":7,"backToStep":6,"rateFactor":0.5,"reason":"several"}\n');
      await page.getByText('As a table').click();
      for (const text of ['dropped (its loss is <b>NaN</b>)', 'rolled back to step 6 (several)']) {
        await page
          .getByRole('listitem')
          .filter({ hasText: `runs/study/plain, step 7: ${text}` })
          .waitFor();
      }
      await page.getByRole('checkbox', { name: `Show ${hostile} on the plot` }).check();
      await plot('runs/study/plain', hostile).waitFor();
      expect(await rows(`${hostile}, training`).allTextContents()).toEqual(['1', '2', '3', '4', '5', '6']);
      await page.getByText(/^After 6 steps, .* on the validation images|^After 6 steps, .* needs/).waitFor();
      await page.getByText('Differences in settings').click();
      await page
        .getByRole('row', { name: 'model.mixing emerging 1x1' })
        .or(page.getByRole('row', { name: 'model.mixing 1x1 emerging' }))
        .waitFor();
      // The mixing, and the two options of the emerging one.
      expect(await page.locator('.run-differences tbody tr').count()).toBe(3);

      // Dragging over the right half shows only that part.
      const drawn = page.locator('.plot-frame svg');
      await drawn.scrollIntoViewIfNeeded();
      const box = (await drawn.boundingBox())!;
      await page.mouse.move(box.x + box.width * 0.6, box.y + 100);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.95, box.y + 100, { steps: 3 });
      await page.mouse.up();
      await page.getByRole('button', { name: 'Whole run' }).waitFor();
      const shown = await rows(`${hostile}, training`).allTextContents();
      expect(shown.length).toBeLessThan(6);
      expect(shown.at(-1)).toBe('6');
      // Other runs are drawn whole.
      await page.getByRole('checkbox', { name: `Show ${hostile} on the plot` }).uncheck();
      await page.getByRole('button', { name: 'Whole run' }).waitFor({ state: 'detached' });
      await page.getByRole('checkbox', { name: `Show ${hostile} on the plot` }).check();
      await page.getByRole('button', { name: 'Whole run' }).click();
      expect(await rows(`${hostile}, training`).allTextContents()).toHaveLength(6);
      await page.getByRole('combobox', { name: 'Smoothing' }).selectOption('means of 10 batches');
      expect(await rows(`${hostile}, training`).allTextContents()).toEqual(['6']);
      await page.waitForFunction(() => location.hash.includes('shown='));
      await page.reload();
      await plot('runs/study/plain', hostile).waitFor();
    });

    it('shares the run that is open though the address names none, and names those that are gone', async () => {
      await enter();
      const run = page.getByRole('article');
      await run.waitFor();
      const open = await run.getAttribute('aria-label');
      await page.getByRole('button', { name: 'Share' }).click();
      const link = await page.getByRole('textbox', { name: 'Link to exactly this' }).inputValue();
      expect(new URLSearchParams(link.split('?')[1]).get('run')).toBe(open);
      await enter('?run=runs/study/plain&shown=runs/none');
      await page.getByText('Run “runs/none” not found: choose another.').waitFor();
    });

    it('shows names, cards and summaries as text, and the samples', async () => {
      const card = join(emerging.folder, hostile, 'README.md');
      appendFileSync(
        card,
        '\n<script>document.title = "taken"</script> ![x](http://elsewhere.example/x.png)\n',
      );
      await enter(`?run=${encodeURIComponent(hostile)}`);
      const run = page.getByRole('article', { name: hostile });
      await run.getByText('Model card').click();
      await run.getByText('<script>document.title = "taken"</script>').waitFor();
      await run.getByText('tiny').or(run.getByText('emerging flow for 8x8x1 images')).first().waitFor();
      expect(await page.title()).toBe('Runs · Emerging studio');
      expect(await page.locator('img[src="x"], .card img, .card script').count()).toBe(0);
      await run.getByText('Summary').click();
      await run.getByText('droppedSteps').waitFor();
      const sample = run.getByRole('img', { name: /^Samples of .* after 6 steps$/ });
      expect(
        await sample.evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth)),
      ).toBeGreaterThan(60);
    });

    it.each([
      ['light', 1200],
      ['dark', 390],
    ] as const)('has no accessibility violations, %s and %d pixels wide', async (colorScheme, width) => {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      await enter('?run=runs/study/plain');
      await plot('runs/study/plain').waitFor();
      await page.getByRole('button', { name: 'Last half' }).click();
      for (const part of ['As a table', 'Doctor', 'Model card', 'Summary']) {
        await page.locator('summary', { hasText: part }).click();
      }
      expect(await accessibilityFaults(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    });

    it('examines a run on the user’s pictures, layer by layer', async () => {
      const folder = join(emerging.folder, 'pictures');
      mkdirSync(folder);
      const pixels = tinyImages(40, 8, 0);
      for (let image = 0; image < 40; image++) {
        writePng(join(folder, `${image}.png`), pixels.subarray(image * 64, (image + 1) * 64), [8, 8, 1]);
      }
      await enter('?run=runs/study/plain');
      await page.locator('summary', { hasText: 'Doctor' }).click();
      expect(await page.getByRole('button', { name: 'Examine' }).isDisabled()).toBe(true);
      await page.getByLabel('Choose a folder').setInputFiles(folder);
      await page.getByRole('button', { name: 'Examine' }).click();
      await page.getByText(/ at step 6, on \d+ images: [\d.]+ % of pixels recovered exactly/).waitFor();
      await page.getByRole('row', { name: 'levels/0/steps/0/conv1x1' }).waitFor();
      await page.setViewportSize({ width: 390, height: 800 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    });
  },
);
