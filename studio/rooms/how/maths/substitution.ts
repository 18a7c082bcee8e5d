// Undoing a convolution of one channel by substitution: pixel by pixel, in the order of the rows or backwards.

/** A tap: how far down and to the right of a pixel it reads, and its weight. */
export interface Tap {
  readonly down: number;
  readonly right: number;
  readonly weight: number;
}

/** Where substitution starts; the other pixels follow row by row. */
type Start = 'top left' | 'bottom right';

/** A convolution, and where undoing it starts. */
export interface Undoable {
  readonly taps: readonly Tap[];
  readonly start: Start;
}

const tapsWhere = (reads: (down: number, right: number) => boolean): Tap[] =>
  [-1, 0, 1].flatMap((down) =>
    [-1, 0, 1]
      .filter((right) => reads(down, right))
      .map((right) => ({ down, right, weight: down === 0 && right === 0 ? 1 : 0.25 })),
  );

const above: Undoable = { taps: tapsWhere((down, right) => down <= 0 && right <= 0), start: 'top left' };
const below: Undoable = { taps: tapsWhere((down, right) => down >= 0 && right >= 0), start: 'bottom right' };

/** Convolutions by kind, each a sequence. */
export const sequences = {
  ordinary: [{ taps: tapsWhere(() => true), start: 'top left' }],
  corner: [above],
  emerging: [below, above],
} as const satisfies Readonly<Record<string, readonly Undoable[]>>;

/** The kind of a convolution. */
export type Kind = keyof typeof sequences;

/** The convolution of a square image, given row by row, with zeros outside. */
export function convolved(x: readonly number[], { taps }: Pick<Undoable, 'taps'>): number[] {
  return x.map((_, pixel) => sumTaps(taps, x, pixel, () => true));
}

/** The order of undoing pixels. */
function substitutionOrder(count: number, start: Start): number[] {
  const order = Array.from({ length: count }, (_, pixel) => pixel);
  return start === 'top left' ? order : order.reverse();
}

/** An image as far as it has been undone. */
export interface Undone {
  /** The values, of pixels that are not undone yet undefined. */
  readonly values: readonly (number | undefined)[];
  /** The pixel undone last. */
  readonly last: number | undefined;
  /** How many pixels were used as 0 for the last one because they were not known yet. */
  readonly guessed: number;
}

/** Undoes a convolution for the first `count` pixels; a neighbour that is not known yet is 0. */
export function undone(y: readonly number[], { taps, start }: Undoable, count: number): Undone {
  const values: (number | undefined)[] = y.map(() => undefined);
  const side = Math.sqrt(y.length);
  let last: number | undefined;
  let guessed = 0;
  for (const pixel of substitutionOrder(y.length, start).slice(0, count)) {
    const others = taps.filter(({ down, right }) => down !== 0 || right !== 0);
    const neighbours = others.flatMap((tap) => tapNeighbour(pixel, tap, side) ?? []);
    guessed = neighbours.filter((neighbour) => values[neighbour] === undefined).length;
    values[pixel] = y[pixel]! - sumTaps(others, values, pixel, (value) => value !== undefined);
    last = pixel;
  }
  return { values, last, guessed };
}

function sumTaps(
  taps: readonly Tap[],
  x: readonly (number | undefined)[],
  pixel: number,
  isKnown: (value: number | undefined) => boolean,
): number {
  return taps.reduce((sum, tap) => {
    const neighbour = tapNeighbour(pixel, tap, Math.sqrt(x.length));
    return neighbour !== undefined && isKnown(x[neighbour]) ? sum + tap.weight * x[neighbour]! : sum;
  }, 0);
}

/** The pixel that a tap reads; undefined outside the image. */
function tapNeighbour(pixel: number, { down, right }: Tap, side: number): number | undefined {
  const [row, column] = [Math.floor(pixel / side) + down, (pixel % side) + right];
  return Math.min(row, column) >= 0 && Math.max(row, column) < side ? row * side + column : undefined;
}
