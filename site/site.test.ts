// The site: everything is in it, its links lead somewhere, and its formulas are set.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mixings } from '../src/models/mixing.ts';
import { buildStudio } from '../src/testing/studio.ts';
import { faultsOf } from './faults.ts';
import { withInserts } from './markdown.ts';
import { firstPage, pageGroups } from './pages.ts';
import { places } from './places.ts';
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

  it.each(Object.keys(mixings))('say what %s is', (mixing) => {
    expect(layers).toContain(`\`${mixing}\``);
  });

  it.each(Object.keys(places))('show the excerpt %s', (name) => {
    expect(layers).toContain(`<!-- excerpt: ${name} -->`);
  });
});

describe('the built site', () => {
  const site = join(folder, 'site');
  beforeAll(async () => buildSite(site, await buildStudio()), 120_000);
  const read = (file: string): string => readFileSync(join(site, file), 'utf8');

  it('has no broken link, no formula that could not be set, and loads nothing from elsewhere', () => {
    expect(faultsOf(site)).toEqual([]);
  });

  it('shows formulas beside the lines of the sources, and leads to the moving figure', () => {
    const page = read('docs/layers/squeeze.html');
    expect(page).toContain('<annotation encoding="application/x-tex">');
    expect(page).toContain('src/flows/squeeze.ts');
    expect(page.replace(/<[^>]*>/g, '')).toContain(
      'transpose(reshape(x, [batch, rows, 2, columns, 2, channels])',
    );
    expect(page).toContain('href="../../studio/index.html#/how?section=model"');
    expect(read('studio/index.html')).toContain('<script type="module"');
  });

  it('has the reference of the API', () => {
    expect(read('api/functions/emerging-flows_flows.emerging.html')).toContain('corner convolution');
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
    return faultsOf(faulty);
  };
  const other = { 'a/b.html': '<h2 id="there">There</h2>' };

  it.each([
    ['<a href="a/c.html">', 'there is no such file'],
    ['<a class="x" href="a/b.html#here">', 'the page has no such place'],
    ['<a href="#here">', 'the page has no such place'],
    ['<img src="a/none.png">', 'there is no such file'],
    ['<script src="https://cdn.example/x.js"></script>', 'from elsewhere'],
    ['<link rel="stylesheet" href="//cdn.example/x.css">', 'from elsewhere'],
    ["<span class='katex-error' title='ParseError: no such command'>", 'ParseError: no such command'],
  ])('are found in %s', (html, fault) => {
    expect(faultsIn({ ...other, 'index.html': html })).toEqual([expect.stringContaining(fault)]);
  });

  it('are found in a style sheet', () => {
    expect(faultsIn({ 'a.css': '@import url("b.css");' })).toEqual(['a.css: b.css: there is no such file']);
    expect(faultsIn({ 'a.css': 'a { src: url(//cdn.example/x.woff2) }' })).toHaveLength(1);
  });

  it('are none of links that lead somewhere', () => {
    const html = '<a href="a/b.html#there"><a href="https://example.org/"><a href="a/b.html?x=1">';
    expect(faultsIn({ ...other, 'index.html': html })).toEqual([]);
  });
});

describe('inserts', () => {
  const options = { root, studio: 'studio/index.html' };

  it.each([
    ['<!-- excerpt: nothing -->', 'there is no excerpt nothing'],
    ['<!-- figure: nothing -->', 'has no section nothing'],
  ])('%s fails', (markdown, message) => {
    expect(() => withInserts(markdown, options)).toThrow(message);
  });
});
