// The page of an audit has the colours of the studio.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { auditStyle } from './auditPage.ts';

const coloursIn = (css: string): Map<string, string> =>
  new Map(
    [...css.matchAll(/(--[\w-]+):\s*(light-dark\([^)]*\))/g)].map(([, name, colour]) => [
      name!,
      colour!.replaceAll(/\s+/g, ' '),
    ]),
  );

it('has the colours of the studio', () => {
  const studio = coloursIn(readFileSync('studio/look/tokens.css', 'utf8'));
  const own = coloursIn(auditStyle);
  expect(own.size).toBe(7);
  for (const [name, colour] of own) {
    expect(studio.get(name), name).toBe(colour);
  }
});
