// Captions in pictures to share.
import { expect, it } from 'vitest';
import { wrapText } from './card.ts';

const fits = (line: string): boolean => line.length <= 8;

it('breaks lines between words, and words that are longer than a line', () => {
  expect(wrapText('a few words', fits)).toEqual(['a few', 'words']);
  expect(wrapText('see a_long_name.png there', fits)).toEqual(['see', 'a_long_n', 'ame.png', 'there']);
  expect(wrapText('', fits)).toEqual(['']);
});
