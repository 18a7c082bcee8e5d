// Excerpts of the sources: exactly the intended lines, or an error.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { extractExcerpt } from './excerpts.ts';
import { places } from './rooms/how/places.ts';

const source = 'a\n  begin {\n    if (x) {\n    }\n\n    y;\n  }\n  other }\nb';

it('are the lines from one to another, without their indentation', () => {
  expect(extractExcerpt(source, { file: 'a.ts', from: 'begin', to: '  }' })).toBe(
    'begin {\n  if (x) {\n  }\n\n  y;\n}',
  );
  expect(extractExcerpt(source, { file: 'a.ts', from: '  y;', to: '    y' })).toBe('y;');
});

it('fail if the source lacks their start or end, or contains it twice', () => {
  expect(() => extractExcerpt(source, { file: 'a.ts', from: 'gone', to: '  }' })).toThrow(
    "0 lines of a.ts contain 'gone'",
  );
  expect(() => extractExcerpt(source, { file: 'a.ts', from: '}', to: '  }' })).toThrow(
    "3 lines of a.ts contain '}'",
  );
  expect(() => extractExcerpt(source, { file: 'a.ts', from: 'other', to: '  }' })).toThrow(
    "no line of a.ts after 'other' begins with '  }'",
  );
});

it.each([
  ['an arrow without its body', 'a', 'const f = (x) =>'],
  ['an open bracket', 'f(', '  x,'],
  ['only the end of a block', 'a;', '  }'],
])('fail if they end within a statement: %s', (_, from, to) => {
  const lines = { a: 'const f = (x) =>\n  x;', 'f(': '  x,\n);', 'a;': '  }\n}' }[from];
  expect(() => extractExcerpt(`${from}\n${lines}`, { file: 'a.ts', from, to })).toThrow(
    'ends within a statement',
  );
});

it.each(Object.entries(places))('%s is found, and short enough to read', (_, excerpt) => {
  const lines = extractExcerpt(readFileSync(excerpt.file, 'utf8'), excerpt).split('\n');
  expect(lines.length).toBeLessThan(36);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(100);
});
