// Names of images in few bytes: numbered names as a range, others without what they share with the name before.

/** A name; how many characters it shares with the name before, and the rest; or the first of numbered names, and how many. */
export type PackedName =
  | string
  | readonly [shared: number, rest: string]
  | readonly [first: string, count: number];

/** The most characters in the names of a block: a few damaged bytes could expand to any number. */
const MOST_CHARACTERS = 2 ** 24;

/** The most digits of a number that is incremented: float64 holds longer ones inexactly. */
const MOST_DIGITS = 15;

/** Where the last number of a name starts and ends, as in `digit-00017.png`; undefined if it has none, or too many digits. */
function lastNumber(name: string): [start: number, end: number] | undefined {
  let end = name.length;
  while (end > 0 && !isDigit(name, end - 1)) {
    end--;
  }
  let start = end;
  while (start > 0 && isDigit(name, start - 1)) {
    start--;
  }
  return end > start && end - start <= MOST_DIGITS ? [start, end] : undefined;
}

function isDigit(name: string, index: number): boolean {
  const code = name.charCodeAt(index);
  return code >= 0x30 && code <= 0x39;
}

/** The name after a numbered one; undefined if there is none of the same width. */
function nameAfter(name: string): string | undefined {
  const range = lastNumber(name);
  if (range === undefined) {
    return undefined;
  }
  const [start, end] = range;
  const next = String(Number(name.slice(start, end)) + 1).padStart(end - start, '0');
  return next.length === end - start ? name.slice(0, start) + next + name.slice(end) : undefined;
}

/** Packs names. */
export function packNames(names: readonly string[]): PackedName[] {
  const packed: PackedName[] = [];
  for (let index = 0; index < names.length; index++) {
    const first = names[index]!;
    let count = 1;
    while (index + 1 < names.length && names[index + 1] === nameAfter(names[index]!)) {
      count++;
      index++;
    }
    const before = names[index - count] ?? '';
    const shared = sharedStart(before, first);
    packed.push(count > 1 ? [first, count] : shared > 3 ? [shared, first.slice(shared)] : first);
  }
  return packed;
}

/** The inverse of `packNames`; undefined for malformed input, and unless it has `count` names of at most `MOST_CHARACTERS`. */
export function unpackNames(packed: unknown, count: number): string[] | undefined {
  if (!Array.isArray(packed)) {
    return undefined;
  }
  const names: string[] = [];
  let characters = 0;
  /** Reserves room for names before they are made; false if there is none. */
  const reserve = (more: number, length: number): boolean => {
    characters += more * length;
    return names.length + more <= count && characters <= MOST_CHARACTERS;
  };
  for (const entry of packed as unknown[]) {
    const [first, second, ...others] = Array.isArray(entry) ? (entry as unknown[]) : [0, entry];
    const before = names.at(-1) ?? '';
    if (others.length > 0) {
      return undefined;
    }
    if (isCount(first) && typeof second === 'string') {
      if (first > before.length || !reserve(1, first + second.length)) {
        return undefined;
      }
      names.push(before.slice(0, first) + second);
    } else if (typeof first === 'string' && isCount(second) && second > 0) {
      if (!reserve(second, first.length) || !pushNumbered(names, first, second)) {
        return undefined;
      }
    } else {
      return undefined;
    }
  }
  return names.length === count ? names : undefined;
}

/** Adds a name and those that `nameAfter` makes of it, `count` in all; false if there are fewer. */
function pushNumbered(names: string[], first: string, count: number): boolean {
  const [start, end] = lastNumber(first) ?? [0, 0];
  const [before, after, digits] = [first.slice(0, start), first.slice(end), end - start];
  const number = Number(first.slice(start, end));
  if (count > 1 && (digits === 0 || String(number + count - 1).length > digits)) {
    return false;
  }
  names.push(first);
  for (let index = 1; index < count; index++) {
    names.push(before + String(number + index).padStart(digits, '0') + after);
  }
  return true;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function sharedStart(first: string, second: string): number {
  let length = 0;
  while (length < first.length && first[length] === second[length]) {
    length++;
  }
  return length;
}
