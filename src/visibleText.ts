// Text from outside (names of files, datasets, presets) as it may be shown: on a terminal, in a picture, in a card.

/**
 * Controls, ends of lines and paragraphs, marks that turn the direction of what follows, halves of characters, and the
 * two code points that no XML may hold.
 */
const invisible = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu;
const invisibleInLines = new RegExp(`(?!\\n)${invisible.source}`, 'gu');

/** A text on one line in which nothing is hidden: the character that begins an escape sequence is shown as `\u001b`. */
export function visibleText(text: string): string {
  return text.replace(invisible, escaped);
}

/** The same for a text of several lines: these stay. */
export function visibleLines(text: string): string {
  return text.replace(invisibleInLines, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
