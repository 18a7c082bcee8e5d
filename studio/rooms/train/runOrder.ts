// The order and the colours of the runs of this browser, which files don't keep.

/** A run and the number of its colour. */
interface Place {
  readonly name: string;
  readonly hue: number;
}

const KEY = 'studio-runs';

/** The known runs, earliest first. */
export function knownRuns(): readonly Place[] {
  try {
    const known: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(known) ? known.filter(isPlace) : [];
  } catch {
    // Storage is blocked, or its text is damaged: runs are in alphabetical order.
    return [];
  }
}

/** Remembers the order and the colours of runs. */
export function rememberRuns(runs: readonly Place[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(runs.map(({ name, hue }) => ({ name, hue }))));
  } catch {
    // Storage is blocked: after a reload, runs are in alphabetical order.
  }
}

/** Names in the order of the known runs; unknown ones last. */
export function inKnownOrder(names: readonly string[], known: readonly Place[]): string[] {
  const placeOf = (name: string): number => {
    const place = known.findIndex((one) => one.name === name);
    return place === -1 ? known.length : place;
  };
  return names.toSorted((one, other) => placeOf(one) - placeOf(other));
}

/** A run's colour: the known one unless another run has it, otherwise the first free one. */
export function hueFor(name: string, taken: readonly number[], known: readonly Place[]): number {
  const hue = known.find((one) => one.name === name)?.hue;
  if (hue !== undefined && !taken.includes(hue)) {
    return hue;
  }
  const reserved = [...taken, ...known.map((one) => one.hue)];
  let free = 0;
  while (reserved.includes(free)) {
    free++;
  }
  return free;
}

function isPlace(value: unknown): value is Place {
  const { name, hue } = { ...(value as Partial<Place> | null) };
  return typeof name === 'string' && Number.isSafeInteger(hue) && hue! >= 0;
}
