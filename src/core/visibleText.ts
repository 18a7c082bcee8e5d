// Makes text from outside (names of files, datasets, presets) safe to show on a terminal, in a plot or in a model card.
// Everything here takes linear time.

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

/** The most characters of a text from a file in a message. */
const MOST_QUOTED = 200;
/** The most characters of a message; paths and names in it may have any length. */
export const MOST_IN_MESSAGE = 1000;

/** A text from a file for a message: at most `limit` characters, with the middle left out if it has more. */
export function shortText(text: string, limit = MOST_QUOTED): string {
  if (text.length <= limit) {
    return text;
  }
  const end = Math.floor(limit / 3);
  return `${text.slice(0, limit - end - 1)}…${text.slice(text.length - end)}`;
}

/** A message on one line of at most `MOST_IN_MESSAGE` characters, before invisible ones are escaped. */
export function messageLine(text: string): string {
  const [first = '', ...others] = shortText(text, MOST_IN_MESSAGE).split('\n');
  if (others.length === 0) {
    return visibleText(first);
  }
  const last = others.pop()!.trimStart();
  const inside = others.map((line) => line.trim()).filter((line) => line !== '');
  return visibleText([first.trimEnd(), ...inside, last].join(' '));
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
