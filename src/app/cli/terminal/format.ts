// Formats numbers for people: durations, sizes, counts and rates.
import { fewNames, visibleText } from '../../../core/errors.ts';

/** A duration in its two largest units: `350ms`, `4.2s`, `1m 12s`, `3h 5m`, `2d 7h`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) {
    return 'unknown';
  }
  if (seconds < 0.9995) {
    return `${Math.round(seconds * 1000)}ms`;
  }
  if (seconds < 9.95) {
    return `${Number(seconds.toFixed(1))}s`;
  }
  // Rounded to the smallest unit shown before splitting, so that 59.7 s is 1m 0s and not 0m 60s.
  const wholeSeconds = Math.round(seconds);
  if (wholeSeconds < 60) {
    return `${wholeSeconds}s`;
  }
  if (wholeSeconds < 3600) {
    return `${Math.floor(wholeSeconds / 60)}m ${wholeSeconds % 60}s`;
  }
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) {
    return `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
  }
  const hours = Math.round(seconds / 3600);
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

/** Bytes in powers of 1024: `512 B`, `1.5 KiB`, `128 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (Math.round(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(unit === 0 || value >= 99.95 ? 0 : 1)} ${units[unit]}`;
}

/** A whole number with thousands separators: `44,235,472`. */
export function formatCount(count: number): string {
  const rounded = Math.round(count);
  // Without separators no locale is needed, whose data take a while to load.
  return Math.abs(rounded) < 1000 ? String(rounded) : rounded.toLocaleString('en-US');
}

/** A count with its unit, in the plural unless it is 1: `1 step`, `1,700 steps`. */
export function formatCounted(count: number, unit: string): string {
  return `${formatCount(count)} ${unit}${Math.round(count) === 1 ? '' : 's'}`;
}

/** A number with so many decimals; never `-0.00`. */
export function formatFixed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace('-', '') : text;
}

/** A number to expect by chance: `fewer than 1`, `about 2.5`, `about 30`. */
export function formatExpected(expected: number): string {
  if (expected < 1) {
    return 'fewer than 1';
  }
  return `about ${expected < 9.5 ? Number(expected.toFixed(1)) : formatCount(expected)}`;
}

/** How many images each conversion or omission concerned: `16-bit (40), enlarged (3)`. */
export function notesText(notes: Readonly<Record<string, number>>): string {
  return Object.entries(notes)
    .map(([note, count]) => `${note} (${formatCount(count)})`)
    .join(', ');
}

/** A rate per second, to about three significant digits: `812`, `31.4`, `0.52`. */
export function formatRate(perSecond: number): string {
  if (perSecond >= 99.95) {
    return formatCount(perSecond);
  }
  return perSecond.toFixed(perSecond >= 9.995 ? 1 : 2);
}

/** Seconds as milliseconds, with the given number of decimals: `12.3`. */
export function formatMilliseconds(seconds: number, digits: number): string {
  return (1000 * seconds).toFixed(digits);
}

/** A median with its range: `812 (790 to 820)`. */
export function formatSpread(
  median: number,
  [least, greatest]: readonly [least: number, most: number],
  show: (value: number) => string,
): string {
  return `${show(median)} (${show(least)} to ${show(greatest)})`;
}

/** The names at these indices; of many only the first three: `a, b, c and 5 more`. */
export function firstNames(names: readonly string[], indices: readonly number[]): string {
  return fewNames(indices.map((index) => names[index]!));
}

/**
 * A text as a CSV field on one line: quoted if necessary, its control and bidirectional characters escaped, and marked
 * as text where a spreadsheet would take it for a formula.
 */
export function csvText(text: string): string {
  const visible = visibleText(text);
  const isFormula = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(visible) && !Number.isFinite(Number(visible));
  const shown = isFormula ? `'${visible}` : visible;
  // Some spreadsheets separate fields at semicolons.
  return /[",;]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
}
