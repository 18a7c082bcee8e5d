// The code of the sources in documents: current, and where the page expects it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readExcerpts, sourceBlocks } from './excerpts.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const blocks = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((page) => page.endsWith('.md'))
  .flatMap((page) =>
    sourceBlocks(readFileSync(join(root, 'docs', page), 'utf8')).map((excerpt) => ({ page, ...excerpt })),
  );

/** Whether a source has these lines in sequence, all indented by as much. */
function hasLines(source: string, code: string): boolean {
  return ['', '  ', '    ', '      ', '        '].some((indent) =>
    `\n${source}`.includes(`\n${code.replace(/^(?=.)/gm, indent)}\n`),
  );
}

describe('documents', () => {
  it('show code of the sources', () => {
    expect(blocks.length).toBeGreaterThan(30);
  });

  it.each(blocks)('$page: the code of $file is current, and short enough to read', ({ file, code }) => {
    const source = readFileSync(join(root, file), 'utf8');
    expect(hasLines(source, code), `copy the lines from ${file}:\n${code}`).toBe(true);
    expect(code.split('\n').length).toBeLessThan(36);
  });
});

it.each(['f(x)', 'f(x) {\n  g(z);', 'f(x) {\ng(y);'])('other lines aren’t current: %j', (code) => {
  expect(hasLines('  f(x) {\n    g(y);\n  }\n', code)).toBe(false);
});

it('the page finds its excerpts', () => {
  expect(readExcerpts(root).squeeze).toEqual({
    file: 'src/flows/layers/squeeze.ts',
    code: expect.stringContaining('transpose(reshape('),
  });
});
