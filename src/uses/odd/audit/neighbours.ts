// The nearest neighbours of every row among all others, by exhaustive search: products of blocks of rows.

import { nextTurn } from '../../../core/platform/index.ts';
import type { WorkOptions } from '../../../model/index.ts';
import { type CompileOptions, compile, releaseAfter } from '../../../tensor/engine/index.ts';
import { input } from '../../../tensor/index.ts';
import { product } from '../../../tensor/operations/index.ts';

/** How many neighbours are kept. */
export const NEIGHBOURS = 5;

/** Of the rows of each class, the distance to this one is kept: a single wrong label nearby has no effect. */
const OF_CLASS = 3;

/** The neighbours of each row, nearest first. */
export interface Neighbours {
  /** Positions, `NEIGHBOURS` for each row; −1 if there are fewer other rows. */
  readonly nearest: Int32Array;
  /** The distances to them; infinite if there are fewer other rows. */
  readonly distances: Float32Array;
  /** With labels: the distance to the third nearest other row of each class, [rows, classes]; infinite if there are fewer. */
  readonly ofClass?: Float32Array;
}

/** The class of each row. */
export interface RowLabels {
  readonly classes: number;
  readonly of: ArrayLike<number>;
}

const QUERIES = 256;
const CANDIDATES = 4096;

/** How neighbours are searched. */
interface SearchOptions extends WorkOptions {
  readonly labels?: RowLabels | undefined;
  /** The rows whose neighbours are searched, as positions; by default all. The result has one line for each. */
  readonly queries?: readonly number[];
  /** The rows that they are searched among, from the first to before the end; by default all. */
  readonly among?: readonly [first: number, end: number];
  readonly engine: CompileOptions;
}

/** Searches the Euclidean neighbours of rows of `width` numbers. */
export async function nearestNeighbours(
  rows: Float32Array,
  width: number,
  { labels, queries, among, engine, signal, onProgress }: SearchOptions,
): Promise<Neighbours> {
  const count = rows.length / width;
  const [start, stop] = among ?? [0, count];
  const centred = withoutMean(rows, width);
  const squares = Float32Array.from({ length: count }, (_, row) => {
    let sum = 0;
    for (let index = row * width; index < (row + 1) * width; index++) {
      sum += centred[index]! ** 2;
    }
    return sum;
  });
  const some = Math.min(CANDIDATES, stop - start);
  const searched = queries ?? Array.from({ length: count }, (_, row) => row);
  const nearestRows = new NearestOfRows(searched, labels);
  if (some === 0 || searched.length === 0) {
    return nearestRows.finished();
  }
  const [x, y] = [input('x', [QUERIES, width]), input('y', [some, width])];
  await releaseAfter(async (keep) => {
    const outputs = { products: product(x, y, { transposeB: true }) };
    const program = keep(await compile({ inputs: { x, y }, outputs }, engine));
    for (let first = 0; first < searched.length; first += QUERIES) {
      const wanted = new Float32Array(QUERIES * width);
      searched.slice(first, first + QUERIES).forEach((row, query) => {
        wanted.set(centred.subarray(row * width, (row + 1) * width), query * width);
      });
      for (let firstRow = start; firstRow < stop; firstRow += some) {
        const others = { shape: [some, width], data: block(centred, firstRow * width, some * width) };
        const { products } = await program.run({ x: { shape: [QUERIES, width], data: wanted }, y: others });
        const end = Math.min(some, stop - firstRow);
        for (let query = first; query < Math.min(first + QUERIES, searched.length); query++) {
          const line = products!.data.subarray((query - first) * some, (query - first) * some + end);
          nearestRows.add(query, firstRow, line, squares);
        }
      }
      signal?.throwIfAborted();
      onProgress?.(Math.min(first + QUERIES, searched.length), searched.length);
      await nextTurn();
    }
  });
  return nearestRows.finished();
}

/** Differences of large numbers lose digits: rows are compared relative to their mean. */
function withoutMean(rows: Float32Array, width: number): Float32Array {
  const mean = new Float64Array(width);
  for (let index = 0; index < rows.length; index++) {
    mean[index % width]! += rows[index]!;
  }
  const count = rows.length / width;
  const out = new Float32Array(rows.length);
  for (let index = 0; index < rows.length; index++) {
    out[index] = rows[index]! - mean[index % width]! / count;
  }
  return out;
}

/** A part of an array, followed by zeros if it is too short. */
function block(data: Float32Array, start: number, length: number): Float32Array {
  if (start + length <= data.length) {
    return data.subarray(start, start + length);
  }
  const out = new Float32Array(length);
  out.set(data.subarray(start));
  return out;
}

/** The nearest so far, as squared distances. */
class NearestOfRows {
  private readonly nearest: Int32Array;
  private readonly distances: Float32Array;
  /** The `OF_CLASS` nearest of each class, [rows, classes, OF_CLASS]. */
  private readonly byClass: Float32Array | undefined;
  private readonly labels: RowLabels | undefined;
  /** The positions of the rows. */
  private readonly rows: readonly number[];

  constructor(rows: readonly number[], labels: RowLabels | undefined) {
    const count = rows.length;
    this.rows = rows;
    this.nearest = new Int32Array(count * NEIGHBOURS).fill(-1);
    this.distances = new Float32Array(count * NEIGHBOURS).fill(Number.POSITIVE_INFINITY);
    this.labels = labels;
    this.byClass =
      labels && new Float32Array(count * labels.classes * OF_CLASS).fill(Number.POSITIVE_INFINITY);
  }

  /** Takes the products of a row with the rows from `first` on into account. */
  add(query: number, first: number, products: ArrayLike<number>, squares: Float32Array): void {
    const { nearest, distances, byClass, labels } = this;
    const last = query * NEIGHBOURS + NEIGHBOURS - 1;
    const self = this.rows[query]!;
    const selfSquare = squares[self]!;
    for (let column = 0; column < products.length; column++) {
      const row = first + column;
      const distance = selfSquare + squares[row]! - 2 * products[column]!;
      if (distance < distances[last]! && row !== self) {
        let position = last;
        for (; position > last - NEIGHBOURS + 1 && distances[position - 1]! > distance; position--) {
          distances[position] = distances[position - 1]!;
          nearest[position] = nearest[position - 1]!;
        }
        distances[position] = distance;
        nearest[position] = row;
      }
      if (byClass && labels) {
        const start = (query * labels.classes + labels.of[row]!) * OF_CLASS;
        if (distance < byClass[start + OF_CLASS - 1]! && row !== self) {
          let position = start + OF_CLASS - 1;
          for (; position > start && byClass[position - 1]! > distance; position--) {
            byClass[position] = byClass[position - 1]!;
          }
          byClass[position] = distance;
        }
      }
    }
  }

  finished(): Neighbours {
    const { nearest, distances, byClass } = this;
    const root = (square: number): number => Math.sqrt(Math.max(0, square));
    return {
      nearest,
      distances: distances.map(root),
      ...(byClass && {
        ofClass: Float32Array.from({ length: byClass.length / OF_CLASS }, (_, index) =>
          root(byClass[(index + 1) * OF_CLASS - 1]!),
        ),
      }),
    };
  }
}
