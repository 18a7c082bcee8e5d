// The times of the built studio's first visit in Chromium: until something moves, until 64 digits are shown, and until the
// flow in two dimensions has made its first training step.
//
//   npm run build && npx tsx bench/studio.ts
//
// Prints the median and the range of several visits, each in a new browser. Nothing else should run meanwhile.
import { spawn } from 'node:child_process';
import { Command } from 'commander';
import { chromium } from 'playwright-core';
import { wholeNumber } from '../src/app/cli/parts/options.ts';
import { median } from '../src/core/numeric/statistics.ts';
import { chromiumPath } from '../src/testing/pages.ts';
import { machine } from './shared/machine.ts';

const { rounds } = new Command('studio')
  .option('--rounds <n>', 'visits per time', wholeNumber(1), 7)
  .parse()
  .opts<{ rounds: number }>();

/** Visits that last longer have no time. */
const LIMIT_MS = 20_000;

/** The address of each timed event, and an expression that is true from then on. */
const events = {
  'something moves': ['', 'globalThis.moved'],
  '64 digits': ['#/draw?count=64', "document.querySelectorAll('.sheet canvas').length >= 64"],
  'first training step in two dimensions': [
    '#/how?section=plane',
    '/Step [1-9]/.test(document.querySelector("figure:has(.plane-view)")?.textContent)',
  ],
} as const;

/** Watches a page from its start; trains as soon as the button can be pressed, unless the page does so itself. */
function watch(isDone: () => unknown): void {
  // A canvas moves when its contents change twice: a still one may be drawn several times.
  const canvases = new Map<object, { sum: number; changes: number }>();
  const { putImageData } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.putImageData = function (...drawn: unknown[]) {
    putImageData.apply(this, drawn as never);
    const sum = (drawn[0] as ImageData).data.reduce((total, level) => total + level, 0);
    const before = canvases.get(this) ?? { sum, changes: 0 };
    const changes = before.changes + Number(sum !== before.sum);
    canvases.set(this, { sum, changes });
    Object.assign(globalThis, changes >= 2 ? { moved: true } : {});
  };
  const timer = setInterval(() => {
    const train = [
      ...document.querySelectorAll<HTMLButtonElement>('figure:has(.plane-view) button:enabled'),
    ].find(({ textContent }) => textContent === 'Train');
    train?.click();
    if (document.body && isDone()) {
      clearInterval(timer);
      Object.assign(globalThis, { elapsed: performance.now() });
    }
  }, 4);
}

const server = spawn(process.execPath, ['dist/app/cli/main.js', 'studio', '--port=0', 'models']);
const url = await new Promise<string>((resolve, reject) => {
  server.stdout.on('data', (line) => resolve(/http:\S+/.exec(String(line))![0]));
  server.on('exit', () => reject(new Error('the studio did not start: run npm run build first')));
});
process.stdout.write(`${machine()}; ${rounds} visits, median (least to most)\n`);
for (const [name, [hash, expression]] of Object.entries(events)) {
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const browser = await chromium.launch({ executablePath: chromiumPath!, args: ['--no-sandbox'] });
    const page = await browser.newPage();
    // The compiler names functions by a helper that pages lack.
    await page.addInitScript(`globalThis.__name = (f) => f; (${watch})(() => ${expression})`);
    await page.goto(url + hash);
    const elapsed = await page
      .waitForFunction(() => (globalThis as { elapsed?: number }).elapsed, null, { timeout: LIMIT_MS })
      .then(
        (handle) => handle.jsonValue(),
        () => undefined,
      );
    seconds.push(...(elapsed === undefined ? [] : [elapsed / 1000]));
    await browser.close();
  }
  const [fastest, slowest] = [Math.min(...seconds), Math.max(...seconds)].map((value) => value.toFixed(2));
  const missing =
    seconds.length < rounds ? `; ${rounds - seconds.length} longer than ${LIMIT_MS / 1000} s` : '';
  const result = seconds.length > 0 ? `${median(seconds).toFixed(2)} s (${fastest} to ${slowest})` : 'none';
  process.stdout.write(`${name}: ${result}${missing}\n`);
}
server.removeAllListeners('exit').kill();
