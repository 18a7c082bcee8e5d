// Skipped files as lines.
import { expect, it } from 'vitest';
import { refusedLines } from './refusedLines.ts';

it('shares a line among files with the same reason', () => {
  const wrongSize = (name: string) => ({
    name,
    reason: `${name} is 48x48x3 colour, but the model takes 28x28x1.`,
  });
  const names = ['a.png', 'b.png', 'c.png', 'd.png', 'e.png', 'f.png'];
  expect(refusedLines([...names.map(wrongSize), { name: 'x.png', reason: 'x.png: empty.' }])).toEqual([
    'a.png is 48x48x3 colour, but the model takes 28x28x1. The same for b.png, c.png, d.png and 2 more.',
    'x.png: empty.',
  ]);
  expect(refusedLines(names.slice(0, 2).map(wrongSize))).toEqual([
    'a.png is 48x48x3 colour, but the model takes 28x28x1. The same for b.png.',
  ]);
});

it('uses typographic apostrophes, as the page does', () => {
  expect(refusedLines([{ name: 'a.png', reason: "a.png can't be read." }])).toEqual(['a.png can’t be read.']);
});
