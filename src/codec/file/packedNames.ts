// Names of images in few bytes: numbered names as a range, others without what they share with the name before.

/** A name; how many characters it shares with the name before, and the rest; or the first of numbered names, and how many. */
export type PackedName =
  | string
  | readonly [shared: number, rest: string]
  | readonly [first: string, count: number];

/** What `unpackNames` makes at most, so that a damaged file doesn't fill the memory. */
const MOST_NAMES = 2 ** 24;

/** A name with a number of fixed width as its last digits: `digit-00017.png`. */
const numbered = /^(.*?)(\d+)(\D*)$/s;

/** The name after a numbered one; undefined if there is none of the same width. */
function nameAfter(name: string): string | undefined {
  const [, start, digits, end] = numbered.exec(name) ?? [];
  if (digits === undefined || digits.length > 15) {
    return undefined;
  }
  const next = String(Number(digits) + 1).padStart(digits.length, '0');
  return next.length === digits.length ? `${start}${next}${end}` : undefined;
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

/** The inverse of `packNames`; undefined for anything that it doesn't make. */
export function unpackNames(packed: unknown): string[] | undefined {
  if (!Array.isArray(packed)) {
    return undefined;
  }
  const names: string[] = [];
  for (const entry of packed as unknown[]) {
    const [one, other] = Array.isArray(entry) ? (entry as unknown[]) : [0, entry];
    if (typeof one === 'number' && typeof other === 'string') {
      names.push((names.at(-1) ?? '').slice(0, one) + other);
    } else if (typeof one === 'string' && typeof other === 'number') {
      if (!(Number.isInteger(other) && names.length + other <= MOST_NAMES)) {
        return undefined;
      }
      let name: string | undefined = one;
      for (let index = 0; index < other; index++) {
        if (name === undefined) {
          return undefined;
        }
        names.push(name);
        name = nameAfter(name);
      }
    } else {
      return undefined;
    }
  }
  return names;
}

function sharedStart(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) {
    length++;
  }
  return length;
}
