// Takes the documents' screenshots of the studio in Chromium.
//
// Usage: npm run build && npx tsx bench/studioPictures.ts [NAME …]; by default all pictures
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { chromiumPath, openChromium } from '../src/testing/pages.ts';
import { withStudio } from './shared/studioProcess.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'docs/studio');
const viewport = { width: 1200, height: 860 };

/** A screenshot: its address, and the actions before it is taken. */
interface Picture {
  readonly name: string;
  readonly address: string;
  /** The element at the top of the picture; by default the page. */
  readonly top?: string;
  prepare(page: Page): Promise<void>;
}

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true });

const pictures: readonly Picture[] = [
  {
    name: 'draw',
    address: '#/draw?seed=0',
    async prepare(page) {
      await page.getByRole('group', { name: /samples from seed/ }).waitFor();
      await button(page, 'Choose image A').click();
      await button(page, 'Image 5').click();
      await button(page, 'Image 19').click();
      await page.getByRole('slider', { name: 'From A to B' }).waitFor();
    },
  },
  {
    name: 'inside',
    address: '#/inside?image=digit&digit=8',
    async prepare(page) {
      await page.locator('.stages-panel').waitFor();
      // Coarse latents closer to the mean change the image.
      await page.getByRole('slider', { name: 'Temperature of level 2' }).fill('0.4');
      await page.getByText('Decoded from the edited latents').waitFor();
    },
  },
  {
    name: 'odd',
    address: '#/odd?images=digits',
    async prepare(page) {
      await button(page, /^digit 1, with noise /).click();
      await page.getByRole('heading', { name: 'digit 1, with noise' }).waitFor();
      await page.locator('.odd-place').waitFor();
    },
  },
  {
    name: 'compress',
    address: '#/compress',
    async prepare(page) {
      await button(page, 'Try 500 digits').click();
      await button(page, 'Decode and check').click();
      await page.getByTestId('checked').waitFor();
    },
  },
  {
    name: 'train',
    // Small enough to finish within minutes.
    address: '#/train?rival=1x1&steps=300&batch=16&width=32&rate=0.005',
    async prepare(page) {
      await button(page, 'Start the race').click();
      const done = page.locator('.training-facts', { hasText: 'Done' });
      await done.nth(1).waitFor({ timeout: 600_000 });
    },
  },
  {
    name: 'how',
    address: '#/how',
    top: '#how-triangles figure',
    async prepare(page) {
      await page.locator('#how-triangles canvas, #how-triangles svg').first().waitFor();
    },
  },
];

if (chromiumPath === undefined) {
  throw new Error('this needs Chromium: scripts/install-system-packages');
}
mkdirSync(folder, { recursive: true });
const names = process.argv.slice(2);
const unknown = names.find((name) => !pictures.some((picture) => picture.name === name));
if (unknown !== undefined) {
  throw new Error(`no picture ${unknown}: ${pictures.map(({ name }) => name).join(', ')}`);
}
await withStudio(async (url) => {
  const chosen = pictures.filter(({ name }) => names.length === 0 || names.includes(name));
  for (const { name, address, top = 'body', prepare } of chosen) {
    process.stderr.write(`${name}\n`);
    const options = { viewport, colorScheme: 'light', reducedMotion: 'reduce' } as const;
    const { page, close } = await openChromium(`${url}${address}`, options);
    await prepare(page);
    // Remove hover and focus.
    await page.mouse.move(0, 0);
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await page.evaluate((selector) => document.querySelector(selector)!.scrollIntoView(), top);
    await page.waitForTimeout(1500);
    await page.screenshot({ path: join(folder, `${name}.png`) });
    await close();
  }
});
