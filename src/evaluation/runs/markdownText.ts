// Text from outside (names of datasets and presets) in Markdown: shown, and never taken for markup.
import { visibleText } from '../../visibleText.ts';

/** A text on one line as Markdown that shows it: no code, link, image, column or HTML comes of it. */
export function markdownText(text: string): string {
  return visibleText(text).replace(/[\\`*_[\]<>|~&]/g, '\\$&');
}
