// Text from outside (names of datasets and presets) in Markdown: shown literally, never interpreted as markup.
import { visibleText } from '../../visibleText.ts';

/** Markdown that shows a text literally, on one line: it cannot produce code, links, images, table cells or HTML. */
export function markdownText(text: string): string {
  return visibleText(text)
    .replace(/[\\`*_[\]<>|~&@]/g, '\\$&')
    .replace(/:(?=\/\/)|(?<=\bwww)\./gi, '\\$&');
}
