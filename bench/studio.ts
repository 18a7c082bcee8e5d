// How fast the studio answers: its first picture, another sheet of samples, the image of a moved latent, the flow in two
// dimensions, compression; and whether its memory grows while it is used.
//
//   npm run build && npx tsx bench/studio.ts
//
// Prints two tables: models/mnist-small in headless Chromium, each round in a page that has nothing compiled or cached (two
// minutes), and the memory of a page that is used for half an hour. `--minutes 0` leaves that out.
import { Command } from 'commander';
import type { Page } from 'playwright-core';
import { wholeNumber } from '../src/cli/parts/options.ts';
import { formatBytes, formatMilliseconds, formatSpread } from '../src/cli/terminal/format.ts';
import { withProgress } from '../src/cli/terminal/progressBars.ts';
import { markdownTable } from '../src/evaluation/reports/markdownTable.ts';
import { median, rangeOf } from '../src/numeric/statistics.ts';
import { chromiumPath, openChromium } from '../src/testing/pages.ts';
import { machine } from './shared/machine.ts';
import { type PageMemory, pageMemory } from './shared/pageMemory.ts';
import { withStudio } from './shared/studioProcess.ts';

const { rounds, minutes } = new Command('studio')
  .option('--rounds <n>', 'new pages; medians and ranges are printed', wholeNumber(0), 5)
  .option('--minutes <n>', 'how long a page is used while its memory is measured', wholeNumber(0), 30)
  .parse()
  .opts<{ rounds: number; minutes: number }>();

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
  'How it works opened, until the flow in two dimensions is shown': [] as number[],
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

/** The seconds from the start of the navigation until so many elements are shown. */
function secondsUntilShown(page: Page, selector: string, count: number): Promise<number> {
  return page.evaluate(
    async ([wanted, least]) => {
      while (document.querySelectorAll(wanted).length < least) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
      return performance.now() / 1000;
    },
    [selector, count] as const,
  );
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

/** The memory of a page that is used, after so many minutes. */
const memory: (PageMemory & { readonly after: number })[] = [];

/** Draws, moves sliders and latents, and goes from page to page; measures the memory about every minute. */
async function useFor(
  most: number,
  url: string,
  show: (what: string, done: number, total: number) => void,
): Promise<void> {
  const { page, close } = await openChromium('about:blank');
  const measure = await pageMemory(page);
  await page.goto(`${url}#/draw`);
  await page.locator('.sheet canvas').first().waitFor();
  const begin = performance.now();
  const passed = (): number => (performance.now() - begin) / 60_000;
  for (let round = 0; passed() < most; round++) {
    show('minutes of use', Math.floor(passed()), most);
    await page.goto(`${url}#/draw`);
    await page.locator('.sheet[data-outdated="false"] canvas').first().waitFor();
    await secondsToChange(page, '.sheet canvas', newSeed, 3);
    for (const temperature of ['0.5', '0.9', '1.2', '0.8']) {
      await page.getByRole('slider', { name: 'Temperature' }).fill(temperature);
      await page.waitForTimeout(200);
    }
    await page.goto(`${url}#/inside?seed=${round}`);
    await page.locator('.stages-tiles button').first().waitFor();
    await secondsToChange(page, 'canvas[aria-label="Decoded image"]', movedLatent, 4);
    await page.goto(`${url}#/how`);
    const train = page.getByRole('button', { name: 'Train', exact: true }).and(page.locator(':enabled'));
    await train.click();
    await page.waitForTimeout(1000);
    if (Math.floor(passed()) > (memory.at(-1)?.after ?? 0)) {
      await page.goto(`${url}#/draw`);
      await page.locator('.sheet canvas').first().waitFor();
      memory.push({ ...(await measure()), after: Math.floor(passed()) });
    }
  }
  await close();
}

await withStudio((url) =>
  withProgress(async (show) => {
    for (let round = 0; round < rounds; round++) {
      show('pages', round, rounds);
      const { page, close } = await openChromium(`${url}#/draw`);
      seconds['opened, until the first samples are shown'].push(
        await secondsUntilShown(page, '.sheet canvas', 1),
      );
      seconds['opened, until all 64 are shown'].push(await secondsUntilShown(page, '.sheet canvas', 64));
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
      const how = await openChromium(`${url}#/how`);
      seconds['How it works opened, until the flow in two dimensions is shown'].push(
        await secondsUntilShown(how.page, '.plane .button.primary:enabled', 1),
      );
      await how.close();
    }
    if (minutes > 0) {
      await useFor(minutes, url, show);
    }
  }),
);

if (rounds > 0) {
  const rows = Object.entries(seconds).map(([title, all]) => [
    title,
    formatSpread(median(all), rangeOf(all), (value) => formatMilliseconds(value, 0)),
  ]);
  process.stdout.write(
    `${machine()}, ${rounds} pages, ${TIMES} turns in each; medians and ranges, ms:\n\n${markdownTable(['', 'ms'], rows)}\n`,
  );
}
if (minutes > 0) {
  const rows = memory.map(({ after, heap, webAssembly }) => [
    String(after),
    formatBytes(heap),
    formatBytes(webAssembly),
  ]);
  process.stdout.write(
    `The page and its workers, after garbage collection:\n\n${markdownTable(['minutes of use', 'JavaScript, elements and arrays', 'WebAssembly'], rows)}\n`,
  );
}
