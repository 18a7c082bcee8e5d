// Excerpts of the sources: exactly the lines that are meant, or a failure.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { excerptOf } from './excerpts.ts';
import { places } from './rooms/how/places.ts';

const source = 'a\n  begin {\n    if (x) {\n    }\n\n    y;\n  }\n  other }\nb';

it('are the lines between two, without their indentation', () => {
  expect(excerptOf(source, { file: 'a.ts', from: 'begin', to: '  }' })).toBe(
    'begin {\n  if (x) {\n  }\n\n  y;\n}',
  );
  expect(excerptOf(source, { file: 'a.ts', from: '  y;', to: '    y' })).toBe('y;');
});

it('fail when the source no longer has their beginning or end, or has several', () => {
  expect(() => excerptOf(source, { file: 'a.ts', from: 'gone', to: '  }' })).toThrow(
    "0 lines of a.ts contain 'gone'",
  );
  expect(() => excerptOf(source, { file: 'a.ts', from: '}', to: '  }' })).toThrow(
    "3 lines of a.ts contain '}'",
  );
  expect(() => excerptOf(source, { file: 'a.ts', from: 'other', to: '  }' })).toThrow(
    "no line of a.ts after 'other' begins with '  }'",
  );
});

it.each(Object.entries(places))('%s is found, and short enough to read', (_, place) => {
  const lines = excerptOf(readFileSync(place.file, 'utf8'), place).split('\n');
  expect(lines.length).toBeLessThan(36);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(100);
});
