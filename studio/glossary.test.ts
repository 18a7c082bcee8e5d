// The tooltips' definitions come from the glossary, without Markdown.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { sourcesIn } from '../src/testing/sources.ts';
import { parseDefinitions } from './glossary.ts';

const definitions = parseDefinitions(readFileSync('docs/glossary.md', 'utf8'));

it('defines every term of the glossary in HTML without links', () => {
  expect(Object.keys(definitions)).toContain('bitsdim');
  for (const [name, html] of Object.entries(definitions)) {
    expect(html, name).toMatch(/^[A-Z].*\.$/s);
    expect(html.replaceAll(/<math.*?<\/math>/gs, ''), name).not.toMatch(/[[\]$`]/);
    // The page's policy forbids them.
    expect(html, name).not.toContain(' style=');
  }
  expect(definitions['flow-step']).toBe(
    'The block of layers that a level repeats: actnorm rescales the channels, a mixing mixes them, and a coupling transforms half of them. <code>model.depth</code> sets the number of flow steps in each level.',
  );
  expect(definitions.bitsdim).toContain('<math');
});

it('has every term that the page explains', () => {
  const sources = [...sourcesIn('studio')].filter(([file]) => !file.endsWith('.test.ts'));
  const used = sources.flatMap(([, source]) =>
    [...source.matchAll(/<Term of="([^"]+)"/g)].map(([, name]) => name!),
  );
  expect(used.length).toBeGreaterThan(3);
  expect(used.filter((name) => definitions[name] === undefined)).toEqual([]);
});
