// The site: complete, without broken links or invalid formulas.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mixings } from '../src/flows/models/partRegistries.ts';
import { chromiumPath, openChromium } from '../src/testing/pages.ts';
import { accessibilityFaults, buildStudio, serveFolder } from '../src/testing/studio.ts';
import { findFaults } from './faults.ts';
import { withInserts } from './markdown.ts';
import { firstPage, pageGroups } from './pages.ts';
import { buildSite } from './site.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'emerging-site-'));
afterAll(() => rmSync(folder, { recursive: true }));

const files = [firstPage, ...pageGroups.flatMap((group) => group.files)];
const documents = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.md'))
  .map((file) => `docs/${file.replaceAll('\\', '/')}`);
const layers = documents
  .filter((file) => file.startsWith('docs/layers/'))
  .map((file) => readFileSync(join(root, file), 'utf8'))
  .join('\n');

describe('the pages', () => {
  it('are all documents', () => {
    expect(files.filter((file) => file.startsWith('docs/')).sort()).toEqual(documents.sort());
  });

  it.each([...mixings.names])('describe %s', (mixing) => {
    expect(layers).toContain(`\`${mixing}\``);
  });
});

describe('the built site', { tags: 'system' }, () => {
  const site = join(folder, 'site');
  const studio = buildStudio();
  beforeAll(() => buildSite(site, { builtPackage: studio, url: 'https://example.org/flows/' }));
  const read = (file: string): string => readFileSync(join(site, file), 'utf8');

  it('has no broken links or invalid formulas, and loads nothing from other hosts', () => {
    expect(findFaults(site)).toEqual([]);
  });

  it('shows formulas, lines of the sources and interactive figures', () => {
    const page = read('docs/layers/squeeze.html');
    expect(page).toContain('<annotation encoding="application/x-tex">');
    expect(page).toContain('<p class="excerpt-file">src/flows/layers/squeeze.ts</p>');
    expect(page.replace(/<[^>]*>/g, '')).toContain(
      'transpose(reshape(x, [batch, rows, 2, columns, 2, channels])',
    );
    expect(page).toContain('src="../../studio/figure.html#model"');
    expect(page).toContain('href="../../studio/index.html#/how/layers?section=model"');
    // The link for readers of the file.
    expect(page).not.toContain('Interactive figure');
    expect(read('studio/figure.html')).toContain('http-equiv="Content-Security-Policy"');
    expect(read('studio/index.html')).toContain('<script type="module"');
  });

  it('has one title on every document, and keeps short code on one line', () => {
    for (const file of ['index.html', 'docs/library.html']) {
      expect(read(file).match(/<h1[ >]/g), file).toHaveLength(1);
    }
    expect(read('docs/library.html')).toContain('<code class="short">emerging-flows/training</code>');
  });

  it('shares its header with the studio, and describes itself to previews of links', () => {
    const page = read('docs/layers/squeeze.html');
    expect(page).toContain('<a href="../../index.html" class="wordmark"><img src="../../assets/favicon.svg"');
    expect(page).toContain('<a href="../../studio/index.html">Studio</a>');
    expect(page).toMatch(/<meta property="og:title" content="Squeeze | emerging-flows">/);
    expect(page).toMatch(/<meta property="og:description" content="[^"<>]{20,}">/);
    const image = 'property="og:image" content="https://example.org/flows/studio/preview.png"';
    expect(page).toContain(`<meta ${image}>`);
    expect(read('studio/index.html')).toContain(`<meta ${image} />`);
    expect(read('studio/index.html')).toContain('<meta name="documents" content="../index.html">');
    const { width, height } = decode(readFileSync(join(site, 'studio/preview.png')));
    expect([width, height]).toEqual([1200, 630]);
    for (const file of ['tokens.css', 'header.css']) {
      expect(read(`assets/${file}`)).toBe(readFileSync(join(root, 'studio/look', file), 'utf8'));
    }
  });

  it('has the API reference', () => {
    const page = read('api/functions/emerging-flows_flows.layers.emerging.html');
    expect(page).toContain('corner convolution');
    expect(page).toContain('options');
    expect(page).not.toContain('__namedParameters');
  });

  it('has a figure on every layer page', () => {
    for (const file of files.filter((name) => name.startsWith('docs/layers/'))) {
      expect(read(file.replace(/md$/, 'html')), file).toContain('<iframe class="studio-figure"');
    }
  });

  describe.skipIf(chromiumPath === undefined)('in Chromium (scripts/install-system-packages)', () => {
    let host: Awaited<ReturnType<typeof serveFolder>>;
    beforeAll(async () => {
      host = await serveFolder(site, '/below/site/');
    });
    afterAll(() => host.close());

    it.each([
      ['light', 1280],
      ['dark', 390],
    ] as const)('has interactive figures, %s and %d pixels wide', async (colorScheme, width) => {
      const viewport = { width, height: 900 };
      const messages: string[] = [];
      const { page, close } = await openChromium('about:blank', { colorScheme, viewport });
      page.on('console', (message) => messages.push(message.text()));
      await page.goto(`${host.url}docs/layers/circulant.html`);
      const frame = page.locator('.studio-figure');
      await frame.scrollIntoViewIfNeeded();
      const figure = page.frameLocator('.studio-figure');
      await figure.getByText(/The smallest of the 8 eigenvalues/).waitFor();
      const before = await figure.locator('figcaption').textContent();
      await figure.getByLabel('To the next channel').press('ArrowLeft');
      await expect.poll(() => figure.locator('figcaption').textContent()).not.toBe(before);
      // The frame has its contents' height, and the page's theme.
      const inside = figure.locator('html');
      await expect
        .poll(
          async () =>
            (await frame.boundingBox())!.height - (await figure.locator('main').boundingBox())!.height,
        )
        .toBeLessThan(4);
      await page.evaluate(() => {
        document.documentElement.dataset.theme = 'light';
      });
      await expect.poll(() => inside.getAttribute('data-theme')).toBe('light');
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      expect(messages).toEqual([]);
      await close();
    });

    it('finds the glossary first for every term that it defines', async () => {
      const { page, close } = await openChromium(`${host.url}index.html`);
      await page.getByRole('button', { name: 'Search' }).click();
      const firstResult = () =>
        page.evaluate(() =>
          document
            .querySelector('#tsd-search-results a')
            ?.getAttribute('href')
            ?.replace(/.*docs/, 'docs'),
        );
      const terms = [...readFileSync(join(root, 'docs/glossary.md'), 'utf8').matchAll(/^## (.+)$/gm)];
      expect(terms.length).toBeGreaterThan(10);
      for (const [, term] of terms) {
        await page.locator('#tsd-search-input').fill(term!);
        const anchor = term!.toLowerCase().replaceAll(' ', '-').replaceAll('/', '');
        await expect.poll(firstResult, { message: term! }).toBe(`docs/glossary.html#${anchor}`);
        expect(read('docs/glossary.html')).toContain(`id="${anchor}"`);
      }
      await close();
    });

    it.each([
      ['index.html', 1280],
      ['docs/guide.html', 390],
      ['docs/layers/woodbury.html', 1280],
      ['docs/layers/circulant.html', 390],
      ['docs/studio.html', 390],
      ['modules.html', 1280],
    ])('has no accessibility violations: %s, %d pixels wide', async (file, width) => {
      const { page, close } = await openChromium(`${host.url}${file}`, {
        viewport: { width, height: 900 },
      });
      await page.waitForLoadState('networkidle');
      expect(await accessibilityFaults(page)).toEqual([]);
      await close();
    });
  });
});

describe('faults', () => {
  const faulty = join(folder, 'faulty');
  const faultsIn = (pages: Record<string, string>): string[] => {
    rmSync(faulty, { recursive: true, force: true });
    mkdirSync(join(faulty, 'a'), { recursive: true });
    for (const [file, text] of Object.entries(pages)) {
      writeFileSync(join(faulty, file), text);
    }
    return findFaults(faulty);
  };
  const otherPage = { 'a/b.html': '<h2 id="there">There</h2>' };

  it.each([
    ['<a href="a/c.html">', 'no such file'],
    ['<a class="x" href="a/b.html#here">', 'no such anchor'],
    ['<a href="#here">', 'no such anchor'],
    ['<img src="a/none.png">', 'no such file'],
    ['<script src="https://cdn.example/x.js"></script>', 'from another host'],
    ['<link rel="stylesheet" href="//cdn.example/x.css">', 'from another host'],
    ["<span class='katex-error' title='ParseError: no such command'>", 'ParseError: no such command'],
  ])('are found in %s', (html, fault) => {
    expect(faultsIn({ ...otherPage, 'index.html': html })).toEqual([expect.stringContaining(fault)]);
  });

  it('are found in a style sheet', () => {
    expect(faultsIn({ 'a.css': '@import url("b.css");' })).toEqual(['a.css: b.css: no such file']);
    expect(faultsIn({ 'a.css': 'a { src: url(//cdn.example/x.woff2) }' })).toHaveLength(1);
  });

  it('aren’t found in valid links', () => {
    const html = '<a href="a/b.html#there"><a href="https://example.org/"><a href="a/b.html?x=1">';
    expect(faultsIn({ ...otherPage, 'index.html': html })).toEqual([]);
  });
});

describe('inserts', () => {
  const options = { root, studio: 'studio/' };

  it.each([
    ['<!-- figure: nothing -->\n[a](b)', 'unknown figure nothing'],
    ['<!-- figure: finc -->\n\nText', 'no link after the figure finc'],
  ])('%s fails', (markdown, message) => {
    expect(() => withInserts(markdown, options)).toThrow(message);
  });
});
