// Pages with a script that uses the built package, bundled as any bundler would, in headless Chromium or Firefox.
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { goldenFolder } from './golden.ts';
import { type LocalServer, startServer } from './localServer.ts';
import { type FirefoxPage, openFirefox } from './marionette.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** The path of Chromium; undefined if the system has none. */
export const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);

/** A script for a page with the package in it. */
export interface Bundle {
  /** The folder of the bundled files; the script is `page.js`. */
  readonly folder: string;
  /** Every file that went into it, as the bundler names it. */
  readonly inputs: Metafile['inputs'];
  /** The bytes of the page's script and of all that it loads at once, compressed, without the runtime. */
  readonly compressedBytes: number;
}

/**
 * Bundles a script for a page and scripts for workers, with no settings but that they are for a browser.
 *
 * @param root the built package
 * @param project the folder for the scripts, which is created
 * @param workers the scripts of workers by the names of their files, without extension
 */
export async function bundlePackage(
  root: string,
  project: string,
  script: string,
  workers: Readonly<Record<string, string>> = {},
): Promise<Bundle> {
  mkdirSync(join(project, 'node_modules'), { recursive: true });
  symlinkSync(root, join(project, 'node_modules', 'emerging-flows'), 'junction');
  const scripts = Object.entries({ page: script, ...workers });
  for (const [name, text] of scripts) {
    writeFileSync(join(project, `${name}.js`), text);
  }
  const folder = join(project, 'out');
  const { metafile } = await build({
    entryPoints: scripts.map(([name]) => join(project, `${name}.js`)),
    outdir: folder,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    metafile: true,
    logLevel: 'silent',
  });
  return { folder, inputs: metafile.inputs, compressedBytes: compressedBytes(metafile) };
}

/** The compressed bytes of the script and of the files that it imports, except those that it loads when needed. */
function compressedBytes({ outputs }: Metafile): number {
  const loaded = Object.keys(outputs).filter((name) => name.endsWith('page.js'));
  for (const name of loaded) {
    const atOnce = outputs[name]!.imports.filter(({ kind }) => kind === 'import-statement');
    loaded.push(...atOnce.map(({ path }) => path).filter((path) => !loaded.includes(path)));
  }
  return loaded.reduce((sum, name) => sum + gzipSync(readFileSync(name), { level: 9 }).length, 0);
}

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** How a page is served. */
interface PageHeaders {
  /** Whether it is cross-origin isolated, so that its threads can share memory. */
  readonly isolated?: boolean;
  /** Its Content-Security-Policy; by default it has none. */
  readonly policy?: string;
}

/**
 * Serves a page with a bundle, which also finds `models/mnist-small` at `/mnist`, the golden cases at `/golden` and the
 * runtime's files at `/runtime`.
 */
function servePage({ folder }: Bundle, { isolated = false, policy }: PageHeaders = {}): Promise<LocalServer> {
  const roots: Readonly<Record<string, string>> = {
    '/mnist/': join(repository, 'models/mnist-small'),
    '/golden/': goldenFolder,
    '/runtime/': join(repository, 'node_modules/onnxruntime-web/dist'),
    '/': folder,
  };
  return startServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost');
    if (isolated) {
      response.setHeader('cross-origin-opener-policy', 'same-origin');
      response.setHeader('cross-origin-embedder-policy', 'require-corp');
    }
    if (policy !== undefined) {
      response.setHeader('content-security-policy', policy);
    }
    const prefix = Object.keys(roots).find((start) => pathname.startsWith(start))!;
    const file = join(roots[prefix]!, pathname.slice(prefix.length));
    if (pathname === '/') {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(
        '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
      );
    } else if (file.endsWith('.wasm.gz')) {
      // As a host that sends files unchanged would.
      response.writeHead(200, { 'content-type': 'application/gzip' });
      response.end(gzipSync(readFileSync(file.slice(0, -3)), { level: 1 }));
    } else if (existsSync(file) && statSync(file).isFile() && dirname(file).startsWith(roots[prefix]!)) {
      const content = readFileSync(file);
      const type = types[extname(file)] ?? 'application/octet-stream';
      response.writeHead(200, { 'content-type': type, 'content-length': content.length });
      response.end(content);
    } else {
      response.writeHead(404).end();
    }
  });
}

/** Opens a page with a bundle in Chromium; what `servePage` serves is there. */
export async function openPage(
  bundle: Bundle,
  headers: PageHeaders = {},
): Promise<{ page: Page; close(): Promise<void> }> {
  const server = await servePage(bundle, headers);
  const { page, close } = await openChromium(server.url);
  return {
    page,
    async close() {
      await close();
      await server.close();
    },
  };
}

/** The browser of this process, while there are pages, and how many there are. */
let browser: Promise<Browser> | undefined;
let pages = 0;

/** How long it stays after its last page, in milliseconds: starting it takes longer than most tests. */
const KEPT = 1000;

/** Opens a page by its URL in Chromium, which shares nothing with other pages; an error in the page fails the test. */
export async function openChromium(
  url: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; close(): Promise<void> }> {
  pages++;
  browser ??= chromium.launch({
    executablePath: chromiumPath!,
    // WebGPU on the Vulkan that the browser brings, in software.
    args: ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
  });
  const context = await (await browser).newContext(options);
  // As generous as the limits of the tests (`vitest.config.ts`).
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  page.on('pageerror', (error) => {
    throw error;
  });
  await page.goto(url);
  return {
    page,
    async close() {
      await context.close();
      pages--;
      setTimeout(async () => {
        const unused = browser;
        if (pages === 0 && unused) {
          browser = undefined;
          await (await unused).close();
        }
      }, KEPT);
    },
  };
}

/** Opens a page with a bundle in Firefox; what `servePage` serves is there. */
export async function openPageInFirefox(bundle: Bundle): Promise<FirefoxPage> {
  const server = await servePage(bundle);
  const page = await openFirefox(server.url);
  return {
    ...page,
    async close() {
      await page.close();
      await server.close();
    },
  };
}
