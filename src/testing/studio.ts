// The studio as users start it: its page bundled as `npm run build` does, and the command as a process.
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import type { Locator, Page } from 'playwright-core';
import { beforeAll, inject } from 'vitest';
import { mediaType } from '../app/studioServer/headers.ts';
import { type CommandLine, copyPackage } from './command.ts';
import { type LocalServer, startServer } from './localServer.ts';
import { temporaryFolder } from './temporaryFolder.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The package with the studio's page and its models; returns its folder, which is complete before later hooks: call it at the
 * top of a file. The page is bundled once for all test files.
 */
export function buildStudio(): string {
  const root = temporaryFolder();
  // Not when the tests are collected: all tests of the file may be left out.
  beforeAll(async () => {
    copyPackage(root);
    cpSync(await bundledPage(root), join(root, 'dist'), { recursive: true });
    // A link until here.
    rmSync(join(root, 'models'));
    cpSync(join(repository, 'models'), join(root, 'models'), { recursive: true });
  });
  return root;
}

/**
 * The page as the package has it, in folders of `dist`: bundled by the first process to ask for it, while the others wait.
 *
 * @param root a copy of the package to build it in
 */
export function bundledPage(root: string): Promise<string> {
  return onceForAll(inject('bundledPage'), (folder) => bundlePage(root, folder));
}

/** A folder that the first process to ask for it fills, while the others wait. */
async function onceForAll(folder: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const done = join(folder, 'done');
  try {
    mkdirSync(folder);
  } catch {
    for (let tenths = 0; tenths < 1200 && !existsSync(done); tenths++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    if (!existsSync(done)) {
      throw new Error(`another test file has begun ${folder}, and not finished it`);
    }
    return join(folder, 'dist');
  }
  await fill(join(folder, 'dist'));
  writeFileSync(done, '');
  return join(folder, 'dist');
}

/** Bundles the page in the package `root`, and copies what the package has of it to `target`. */
async function bundlePage(root: string, target: string): Promise<void> {
  // The page shows the names of mixings, and code and the glossary from the documents.
  for (const folder of ['studio', 'src', 'docs/layers']) {
    cpSync(join(repository, folder), join(root, folder), { recursive: true });
  }
  for (const file of ['docs/glossary.md', 'tsconfig.json']) {
    copyFileSync(join(repository, file), join(root, file));
  }
  // Loaded only where it is used: by one process of all.
  const { build } = await import('vite');
  await build({ root: join(root, 'studio'), logLevel: 'warn' });
  for (const [script, folder] of [
    ['copy-files', 'dist'],
    ['compress-page', 'dist/page'],
  ]) {
    execFileSync(process.execPath, [join(repository, `scripts/${script}.mjs`), join(root, folder!)]);
  }
  for (const folder of ['page', 'wasm']) {
    cpSync(join(root, 'dist', folder), join(target, folder), { recursive: true });
  }
}

/** Starts `emerging studio` with arguments, on any port. */
export async function startStudio(emerging: CommandLine, ...args: string[]): Promise<LocalServer> {
  const child = emerging.start('app/cli/main', 'studio', '--port=0', ...args);
  const url = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stdout!.setEncoding('utf8').on('data', (part: string) => {
      output += part;
      const match = /http:\S+/.exec(output);
      if (match) {
        resolve(match[0]);
      }
    });
    child.on('exit', (code) => reject(new Error(`emerging studio exited with code ${code}: ${output}`)));
  });
  return {
    url,
    async close() {
      const ended = new Promise((resolve) => child.on('exit', resolve));
      child.kill();
      await ended;
    },
  };
}

/** The size of the window, and the reader's preferences. */
interface Look {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme?: 'light' | 'dark';
  readonly reducedMotion?: 'reduce' | 'no-preference';
}

/**
 * Shows an address of the studio in a page that several tests share, since loading the studio takes longer than most of
 * them. In between it shows an unknown page, which resets the settings; drawings, edits and a chosen theme stay.
 */
export async function visit(
  page: Page,
  address: string,
  {
    viewport = { width: 1280, height: 720 },
    colorScheme = 'light',
    reducedMotion = 'no-preference',
  }: Look = {},
): Promise<void> {
  await page.setViewportSize(viewport);
  await page.emulateMedia({ colorScheme, reducedMotion });
  await page.goto(new URL('#/none', address).href);
  await page.getByRole('heading', { name: 'No such page' }).waitFor();
  await page.goto(address);
}

/** The first channel of the pixels of a canvas. */
export function canvasLevels(canvas: Locator): Promise<number[]> {
  return canvas.evaluate((element: HTMLCanvasElement) => {
    const { data } = element.getContext('2d')!.getImageData(0, 0, element.width, element.height);
    return Array.from(data.filter((_, index) => index % 4 === 0));
  });
}

/** What axe finds wrong with a page. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run({ resultTypes: ['violations'] }),
  );
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** Serves a folder below a path, as a host that sets no headers but the type does: by a file's name, `contentType`. */
export async function serveFolder(
  folder: string,
  below: string,
  contentType = mediaType,
): Promise<LocalServer> {
  const { url, close } = await startServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost');
    const name = pathname.startsWith(below) ? pathname.slice(below.length) || 'index.html' : undefined;
    const file = name && join(folder, name);
    if (file && existsSync(file) && statSync(file).isFile()) {
      response.writeHead(200, { 'content-type': contentType(file) }).end(readFileSync(file));
    } else {
      response.writeHead(404).end();
    }
  });
  return { url: url + below.slice(1), close };
}
