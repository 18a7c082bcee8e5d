// Draws the pictures of the studio in the documents: its rooms, as Chromium shows them.
//
// Usage: npm run build && npx tsx bench/studioPictures.ts
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { chromiumPath, openChromium } from '../src/testing/pages.ts';
import { withStudio } from './shared/studioProcess.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'docs/studio');
const viewport = { width: 1200, height: 860 };

/** A picture: where in the studio, and what is done there before it is taken. */
interface Picture {
  readonly name: string;
  readonly address: string;
  prepare(page: Page): Promise<void>;
}

/** Waits until nothing is being computed any more. */
async function settled(page: Page): Promise<void> {
  await page.locator('canvas, img').first().waitFor();
  await page.waitForTimeout(4000);
}

const pictures: readonly Picture[] = [
  { name: 'draw', address: '#/draw', prepare: settled },
  {
    name: 'train',
    address: '#/train',
    async prepare(page) {
      await page.getByText('Race a second model').click();
      await page.getByRole('button', { name: 'Start the race' }).click();
      await page
        .getByText(/step 150 of/)
        .first()
        .waitFor({ timeout: 300_000 });
    },
  },
  { name: 'inside', address: '#/inside', prepare: settled },
  { name: 'odd', address: '#/odd', prepare: settled },
  { name: 'how', address: '#/how?section=triangles', prepare: settled },
];

if (chromiumPath === undefined) {
  throw new Error('this needs Chromium: scripts/install-system-packages');
}
mkdirSync(folder, { recursive: true });
await withStudio(async (url) => {
  for (const { name, address, prepare } of pictures) {
    process.stderr.write(`${name}\n`);
    const { page, close } = await openChromium(`${url}${address}`, { viewport, deviceScaleFactor: 1 });
    await prepare(page);
    await page.screenshot({ path: join(folder, `${name}.png`) });
    await close();
  }
});
