// The words of the page: stages, lines of latents, and bits.
import type { ImageShape, NdArray, StageDescription } from 'emerging-flows';
import { decimal, plural } from '../../numbers.ts';
import { placeName } from '../../parts/heatPlaces.ts';
import type { Line, Place, Term } from '../../work/arithmetic.ts';
import type { Reach, Touched } from '../../work/insideTasks.ts';

/** A stage's name and description. */
interface StageWords {
  readonly name: string;
  /** The name within its level. */
  readonly short: string;
  readonly meaning: string;
}

/** Describes a stage, counting levels and steps from 1. */
export function stageWords({
  kind,
  level,
  step = 0,
  outputShape,
  latentShape,
}: StageDescription): StageWords {
  const named = (short: string, meaning: string): StageWords => ({
    name: `${short} of level ${level + 1}`,
    short,
    meaning,
  });
  switch (kind) {
    case 'pixelStep':
      return named(
        `Pixel step ${step + 1}`,
        'Every other pixel is transformed, conditioned on the pixels in between.',
      );
    case 'squeeze':
      return named(
        'Squeeze',
        `Each block of 2 × 2 pixels becomes one pixel with more channels: ${sizeText(outputShape!)}.`,
      );
    case 'step':
      return named(
        `Flow step ${step + 1}`,
        'Channels are normalised and mixed; then a coupling transforms half of them, conditioned on the other half.',
      );
    case 'split':
      return named(
        'Split',
        `${latentShape![2]} channels become latents, shown here; ${outputShape![2]} continue to the next level.`,
      );
    case 'prior':
      return {
        ...named('Top', `All remaining channels become latents: ${sizeText(latentShape!)}.`),
        name: 'Top',
      };
  }
}

/** The values that are black and white in a stage's picture. */
export function rangeWords([low, high]: readonly [low: number, high: number]): string {
  if (low === high) {
    return `${decimal(low, 1)} almost everywhere`;
  }
  const digits = decimal(low, 1) === decimal(high, 1) ? 3 : 1;
  return `${decimal(low, digits)} (black) to ${decimal(high, digits)} (white)`;
}

function sizeText([height, width, channels]: readonly [number, number, number]): string {
  return `${height} × ${width} pixels with ${channels} channels`;
}

/** The most terms of a sum that are written out. */
const MOST_TERMS = 3;

/** The line in numbers, for the value at a place. */
export function lineWords(line: Line, location: Place): string {
  const result = number(line.result);
  switch (line.kind) {
    case 'moved':
      return `From ${placeWords(line.from)}: ${result}`;
    case 'shift':
      return `Shift: ${number(line.value)} ${plus(line.by)} = ${result}`;
    case 'scale':
      return `Scale: ${number(line.value)} · ${factor(line.by)} = ${result}`;
    case 'sum':
      return sumWords(line.terms, line.result, location);
    case 'kept':
      return `${result} is unchanged.`;
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

function sumWords(terms: readonly Term[], sum: number, location: Place): string {
  const size = ({ weight, value }: Term): number => Math.abs(weight * value);
  const largest = terms.toSorted((a, b) => size(b) - size(a));
  const written = largest.slice(0, MOST_TERMS);
  const unwritten = largest.slice(MOST_TERMS);
  const parts = written.map(
    (term) => `${factor(term.value)} · ${factor(term.weight)} (${nearWords(term.place, location)})`,
  );
  const others = unwritten.reduce((total, { weight, value }) => total + weight * value, 0);
  const end =
    unwritten.length === 0
      ? ''
      : ` ${plus(others)} (${unwritten.length} other ${unwritten.length === 1 ? 'value' : 'values'})`;
  return `Weighted sum: ${parts.join(' + ')}${end} = ${number(sum)}`;
}

/** Where a value is, seen from another. */
function nearWords([row, column, channel]: Place, [ownRow, ownColumn, ownChannel]: Place): string {
  const steps = (count: number, positive: string, negative: string): string =>
    count === 0 ? '' : `${Math.abs(count)} ${count > 0 ? positive : negative}`;
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

/** bits/dim of an image. */
export function bitsWords(bitsPerDim: number): string {
  return Number.isFinite(bitsPerDim) ? `${decimal(bitsPerDim, 3)} bits/dim` : 'bits/dim not finite';
}

/** The sums of the first 1, 2, … numbers. */
export function cumulativeSums(numbers: readonly number[]): number[] {
  let sum = 0;
  return numbers.map((value) => {
    sum += value;
    return sum;
  });
}

/**
 * The meaning of the bits after a number of stages.
 *
 * @param bits those before the first stage, then those that each stage adds
 * @param count the number of values of the image
 */
export function runningWords(bits: readonly number[], count: number, stageIndex: number): string {
  const sum = cumulativeSums(bits)[stageIndex]!;
  if (!Number.isFinite(sum)) {
    return 'The sum is not finite: values overflow on the way.';
  }
  const perValue = decimal(sum / count, 3);
  if (stageIndex === 0) {
    return `Before the first stage, all images cost the same: ${tenths(sum)} bits, ${perValue} for each of the ${count.toLocaleString('en')} values.`;
  }
  const stageBits = bits[stageIndex]!;
  const change = `This stage ${stageBits < 0 ? 'saves' : 'adds'} ${tenths(Math.abs(stageBits))} bits`;
  return stageIndex === bits.length - 1
    ? `${change}. In total, the image has ${tenths(sum)} bits, ${perValue} bits/dim.`
    : `${change}; so far, the sum is ${tenths(sum)} bits, ${perValue} for each value.`;
}

/** A number with one decimal, and separators of thousands. */
function tenths(number: number): string {
  const options = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return number.toLocaleString('en', options).replace('-', '−');
}

/** Changes smaller than this share of the largest are not counted. */
const COUNTED = 0.1;

/**
 * What changes with a touched pixel or latent.
 *
 * @param bits the bits of each pixel
 */
export function describeReach(
  reach: (Reach & { readonly of: Touched }) | undefined,
  bits: ArrayLike<number> | undefined,
  [height, width]: ImageShape,
  latents: readonly NdArray[],
): string {
  if (reach === undefined) {
    return 'Point at a pixel or a latent to see what changes with it, here and in every stage.';
  }
  const { of: touched, pixels, levels } = reach;
  const count = (changes: Float32Array): number => changes.filter((change) => change > COUNTED).length;
  if (touched.kind === 'latent') {
    const [, ...shape] = latents[touched.level]!.shape as [number, number, number, number];
    return `The latent of level ${touched.level + 1} at ${placeName(touched.index, shape)}: one standard deviation more changes ${plural(count(pixels), 'pixel')} by more than a tenth of the largest change.`;
  }
  const total = bits && Array.from(bits).reduce((sum, value) => sum + value, 0);
  const share = bits && total ? ` takes ${decimal(bits[touched.index]!, 1)} of ${tenths(total)} bits` : '';
  const changed = levels.map((changes, level) => `${count(changes)} of level ${level + 1}`);
  return `The pixel in ${placeName(touched.index, [height, width, 1])}${share}. 16 grey levels more or fewer change mostly these latents: ${changed.join(', ')}.`;
}
