// A line of a stage's arithmetic as text.
import { decimal } from '../../numbers.ts';
import type { Line, Place, Term } from '../../work/arithmetic.ts';

/** The most terms of a sum that are written out. */
const MOST_TERMS = 3;

/** The line in numbers, for the value at a place. */
export function lineWords(line: Line, place: Place): string {
  const result = number(line.result);
  switch (line.kind) {
    case 'moved':
      return `From ${placeWords(line.from)}: ${result}`;
    case 'shift':
      return `Shift: ${number(line.value)} ${plus(line.by)} = ${result}`;
    case 'scale':
      return `Scale: ${number(line.value)} · ${factor(line.by)} = ${result}`;
    case 'sum':
      return sumWords(line.terms, line.result, place);
    case 'kept':
      return `${result} stays as it is.`;
    case 'coupling':
      return `(${number(line.value)} ${plus(line.shift)}) · ${number(line.scale)} = ${result}. Shift and scale are computed from the values that stay.`;
    case 'curve':
      return `${number(line.value)} becomes ${result}, on a curve computed from the values that stay.`;
    case 'layer':
      return `${number(line.value)} becomes ${result}, computed from many values.`;
    case 'density':
      return `(${number(line.value)} ${plus(-line.mean)}) / ${number(line.deviation)} = ${result}: the value, less its predicted mean, over its predicted deviation. Its density adds ${number(line.bits)} bits.`;
  }
}

function sumWords(terms: readonly Term[], sum: number, place: Place): string {
  const size = ({ weight, value }: Term): number => Math.abs(weight * value);
  const largest = terms.toSorted((a, b) => size(b) - size(a));
  const written = largest.slice(0, MOST_TERMS);
  const rest = largest.slice(MOST_TERMS);
  const parts = written.map(
    (term) => `${factor(term.value)} · ${factor(term.weight)} (${nearWords(term.place, place)})`,
  );
  const others = rest.reduce((total, { weight, value }) => total + weight * value, 0);
  const end =
    rest.length === 0
      ? ''
      : ` ${plus(others)} (${rest.length} other ${rest.length === 1 ? 'value' : 'values'})`;
  return `Weighted sum: ${parts.join(' + ')}${end} = ${number(sum)}`;
}

/** Where a value is, seen from another. */
function nearWords([row, column, channel]: Place, [ownRow, ownColumn, ownChannel]: Place): string {
  const steps = (count: number, one: string, other: string): string =>
    count === 0 ? '' : `${Math.abs(count)} ${count > 0 ? one : other}`;
  const pixel = [steps(row - ownRow, 'below', 'above'), steps(column - ownColumn, 'right', 'left')]
    .filter((word) => word !== '')
    .join(', ');
  if (pixel === '') {
    return channel === ownChannel ? 'itself' : `channel ${channel + 1}`;
  }
  return channel === ownChannel ? pixel : `${pixel}, channel ${channel + 1}`;
}

function placeWords([row, column, channel]: Place): string {
  return `row ${row + 1}, column ${column + 1}, channel ${channel + 1}`;
}

function number(value: number): string {
  return decimal(value, 3);
}

/** A factor, in brackets if negative. */
function factor(value: number): string {
  const text = number(value);
  return text.startsWith('−') ? `(${text})` : text;
}

function plus(value: number): string {
  const text = number(value);
  return text.startsWith('−') ? `− ${text.slice(1)}` : `+ ${text}`;
}
