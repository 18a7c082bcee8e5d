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
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(stored) ? stored.filter(isPlace) : [];
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
export function inKnownOrder(names: readonly string[], order: readonly Place[]): string[] {
  const runPosition = (name: string): number => {
    const position = order.findIndex((run) => run.name === name);
    return position === -1 ? order.length : position;
  };
  return names.toSorted((first, second) => runPosition(first) - runPosition(second));
}

/** A run's colour: the known one unless another run has it, otherwise the first free one. */
export function hueFor(name: string, usedHues: readonly number[], order: readonly Place[]): number {
  const hue = order.find((run) => run.name === name)?.hue;
  if (hue !== undefined && !usedHues.includes(hue)) {
    return hue;
  }
  const reserved = [...usedHues, ...order.map((run) => run.hue)];
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
