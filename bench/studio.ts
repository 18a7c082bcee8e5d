// How fast the studio answers: its first picture, another sheet of samples, the image of a moved latent, compression.
//
//   npm run build && npx tsx bench/studio.ts
//
// Prints the table of docs/studio.md: models/mnist-small in headless Chromium, each round in a page that has nothing
// compiled or cached. Two minutes.
import { Command } from 'commander';
import type { Page } from 'playwright-core';
import { wholeNumber } from '../src/cli/parts/options.ts';
import { formatMilliseconds, formatSpread } from '../src/cli/terminal/format.ts';
import { withProgress } from '../src/cli/terminal/progressBars.ts';
import { markdownTable } from '../src/evaluation/reports/markdownTable.ts';
import { median, rangeOf } from '../src/numeric/statistics.ts';
import { chromiumPath, openChromium } from '../src/testing/pages.ts';
import { machine } from './shared/machine.ts';
import { withStudio } from './shared/studioProcess.ts';

const { rounds } = new Command('studio')
  .option('--rounds <n>', 'new pages; medians and ranges are printed', wholeNumber(1), 5)
  .parse()
  .opts<{ rounds: number }>();

if (chromiumPath === undefined) {
  process.stderr.write('no Chromium: run scripts/install-system-packages\n');
  process.exit(1);
}

/** How often a sheet is drawn again and a latent moved, per page. */
const TIMES = 10;

/** Seconds, by what they were measured of. */
const seconds = {
  'opened, until the first samples are shown': [] as number[],
  'opened, until all 64 are shown': [] as number[],
  'another 64 samples': [] as number[],
  'a moved latent, until its image is shown': [] as number[],
  '500 digits compressed': [] as number[],
  '500 digits decoded and compared': [] as number[],
};

/** The seconds from a click on a button until an element with a test id appears. */
async function secondsUntil(page: Page, button: string, testId: string): Promise<number> {
  const start = performance.now();
  await page.getByRole('button', { name: button }).click();
  await page.getByTestId(testId).waitFor();
  return (performance.now() - start) / 1000;
}

/** The seconds from the start of the navigation until so many samples are shown. */
function secondsUntilShown(page: Page, samples: number): Promise<number> {
  return page.evaluate(async (count) => {
    while (document.querySelectorAll('.sheet canvas').length < count) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    return performance.now() / 1000;
  }, samples);
}

/** The seconds until a canvas shows other pixels than before `act`, each measured in the page. */
async function secondsToChange(page: Page, canvas: string, act: string, times: number): Promise<number[]> {
  return page.evaluate(
    // One expression without names: what runs this script would wrap named functions in a helper of its own.
    async ([selector, code, count]) => {
      const act = new Function('turn', code);
      const picture = document.querySelector(selector) as HTMLCanvasElement;
      const all: number[] = [];
      for (let turn = 0; turn < count; turn++) {
        const before = picture.toDataURL();
        const start = performance.now();
        act(turn);
        while (picture.toDataURL() === before) {
          await new Promise((resolve) => requestAnimationFrame(resolve));
        }
        all.push((performance.now() - start) / 1000);
        // What was put off until the page has time is not part of the next turn.
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
      return all;
    },
    [canvas, act, times] as const,
  );
}

const newSeed = `[...document.querySelectorAll('button')].find((each) => each.textContent === 'New seed').click()`;
const movedLatent = `
  const slider = document.querySelector('.inside-levels input[type=range][aria-label^="Latent"], .inside-levels input[type=range]');
  slider.value = turn % 2 === 0 ? 3 : -3;
  slider.dispatchEvent(new Event('input', { bubbles: true }));`;

await withStudio((url) =>
  withProgress(async (show) => {
    for (let round = 0; round < rounds; round++) {
      show('pages', round, rounds);
      const { page, close } = await openChromium(`${url}#/draw`);
      seconds['opened, until the first samples are shown'].push(await secondsUntilShown(page, 1));
      seconds['opened, until all 64 are shown'].push(await secondsUntilShown(page, 64));
      await page.waitForTimeout(500);
      seconds['another 64 samples'].push(...(await secondsToChange(page, '.sheet canvas', newSeed, TIMES)));
      await page.goto(`${url}#/inside`);
      await page.getByTestId('round-trip').waitFor();
      await page.waitForTimeout(2000);
      const moved = await secondsToChange(page, 'canvas[aria-label="Decoded image"]', movedLatent, TIMES);
      seconds['a moved latent, until its image is shown'].push(...moved);
      await page.goto(`${url}#/compress`);
      seconds['500 digits compressed'].push(await secondsUntil(page, 'Try 500 digits', 'compressed'));
      seconds['500 digits decoded and compared'].push(
        await secondsUntil(page, 'Decode and check', 'checked'),
      );
      await close();
    }
  }),
);

const rows = Object.entries(seconds).map(([title, all]) => [
  title,
  formatSpread(median(all), rangeOf(all), (value) => formatMilliseconds(value, 0)),
]);
process.stdout.write(
  `${machine()}, ${rounds} pages, ${TIMES} turns in each; medians and ranges, ms:\n\n${markdownTable(['', 'ms'], rows)}\n`,
);
