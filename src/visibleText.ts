// Makes text from outside (names of files, datasets, presets) safe to show on a terminal, in a plot or in a model card.

/**
 * Control characters, line and paragraph separators, bidirectional controls, lone surrogates, and the two code points
 * that XML does not allow.
 */
const invisible = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu;
const invisibleInLines = new RegExp(`(?!\\n)${invisible.source}`, 'gu');

/** A text on one line with its invisible characters escaped: ESC becomes `\u001b`. */
export function visibleText(text: string): string {
  return text.replace(invisible, escaped);
}

/** The same for a text of several lines; line feeds are kept. */
export function visibleLines(text: string): string {
  return text.replace(invisibleInLines, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
