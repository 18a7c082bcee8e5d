// Names of datasets in Markdown: none of them becomes code, a link, a column or HTML.
import { expect, it } from 'vitest';
import { markdownText } from './markdownText.ts';

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
