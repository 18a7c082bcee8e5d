// The page in examples/browser, served as its first lines say, draws digits.
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, expect, it } from 'vitest';
import { buildPackage } from './command.ts';
import { chromiumPath } from './pages.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
let server: ChildProcess | undefined;
let browser: Browser | undefined;
afterAll(async () => {
  server?.kill();
  await browser?.close();
});

it.skipIf(chromiumPath === undefined)(
  'draws, in Chromium (scripts/install-system-packages)',
  async () => {
    const root = buildPackage();
    cpSync(join(repository, 'examples'), join(root, 'examples'), { recursive: true });
    symlinkSync(join(repository, 'models'), join(root, 'models'), 'junction');
    server = spawn(process.execPath, [join(root, 'examples/browser/serve.mjs')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const url = await new Promise<string>((resolve) => {
      server!.stdout!.once('data', (text: Buffer) => resolve(String(text).trim()));
    });
    browser = await chromium.launch({ executablePath: chromiumPath!, args: ['--no-sandbox'] });
    const page = await browser.newPage();
    const failures: string[] = [];
    page.on('pageerror', ({ message }) => failures.push(message));
    page.on('requestfailed', (request) => failures.push(request.url()));
    await page.goto(url);
    const first = await sheetOf(page, 'null');
    await page.getByLabel('Temperature').fill('0.5');
    await page.getByRole('button', { name: 'Draw 64 digits' }).click();
    const second = await sheetOf(page, JSON.stringify(first.source));
    expect([first.width, second.width]).toEqual([first.height, first.height]);
    expect(await page.locator('#state').textContent()).toMatch(/^64 digits in \d+\.\d\d s$/);
    expect(failures).toEqual([]);
  },
  120_000,
);

/** The sheet, once it is another one than `before` and has been drawn. */
async function sheetOf(
  page: Page,
  before: string,
): Promise<{ source: string; width: number; height: number }> {
  const found = await page.waitForFunction(
    `(() => {
      const sheet = document.getElementById('sheet');
      return !sheet.hidden && sheet.complete && sheet.naturalWidth > 200 && sheet.src !== ${before} &&
        { source: sheet.src, width: sheet.naturalWidth, height: sheet.naturalHeight };
    })()`,
    undefined,
    { timeout: 60_000 },
  );
  return (await found.jsonValue()) as { source: string; width: number; height: number };
}
