// The studio as users start it: its page bundled as `npm run build` does, and the command as a process.
import { copyFileSync, cpSync, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { build } from 'vite';
import { typeOf } from '../studio/headers.ts';
import { buildPackage, type CommandLine } from './command.ts';

/** The package with the studio's page and its models; returns its folder. */
export async function buildStudio(): Promise<string> {
  const repository = fileURLToPath(new URL('../..', import.meta.url));
  const root = buildPackage();
  // Of the sources, the page shows excerpts.
  for (const folder of ['studio', 'models', 'src/flows', 'src/models', 'src/engine/graph']) {
    cpSync(join(repository, folder), join(root, folder), { recursive: true });
  }
  copyFileSync(join(repository, 'tsconfig.json'), join(root, 'tsconfig.json'));
  await build({ root: join(root, 'studio'), logLevel: 'warn' });
  return root;
}

/** Something that answers at a URL. */
interface Running {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts `emerging studio` with arguments, on any port. */
export async function startStudio(emerging: CommandLine, ...args: string[]): Promise<Running> {
  const child = emerging.start('cli/main', 'studio', '--port=0', ...args);
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout!.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      const found = /http:\S+/.exec(text);
      if (found) {
        resolve(found[0]);
      }
    });
    child.on('exit', (code) => reject(new Error(`emerging studio exited with code ${code}: ${text}`)));
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

/** What axe finds wrong with a page. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run({ resultTypes: ['violations'] }),
  );
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** Serves a folder below a path, as a host that sets no headers but the type does. */
export async function serveFolder(folder: string, below: string): Promise<Running> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost');
    const name = pathname.startsWith(below) ? pathname.slice(below.length) || 'index.html' : undefined;
    const file = name && join(folder, name);
    if (file && existsSync(file) && statSync(file).isFile()) {
      response.writeHead(200, { 'content-type': typeOf(file) }).end(readFileSync(file));
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${below}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
