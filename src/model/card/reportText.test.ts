// Names of datasets in Markdown: none of them becomes code, a link, a column or HTML.
import { expect, it } from 'vitest';
import { errorText, markdownText } from './reportText.ts';

it.each([
  ['`rm -rf ~`', '\\`rm -rf \\~\\`'],
  ['a\n```\nnpx evil', 'a\\\\u000a\\`\\`\\`\\\\u000anpx evil'],
  ['[a](b) ![c](d)', '\\[a\\](b) !\\[c\\](d)'],
  ['a | b <img src=x> &lt; *b* _c_', 'a \\| b \\<img src=x\\> \\&lt; \\*b\\* \\_c\\_'],
  ['https://a.b www.a.b a@b.c', 'https\\://a.b www\\.a.b a\\@b.c'],
  ['digits, emerging → 0.2', 'digits, emerging → 0.2'],
])('%j', (text, markdown) => {
  expect(markdownText(text)).toBe(markdown);
});

it('has four decimals, and says what they cannot show', () => {
  expect([0.12345, 0.00005, 0.00004, 0].map(errorText)).toEqual(['0.1235', '0.0001', '<0.0001', '0']);
});
