// Tables of conditions: a row for each image of a dataset, by file name or in order, with numbers and images.
import { UserError, unknownName } from '../../errors.ts';
import type { ImageShape } from '../../numeric/imageShape.ts';
import type { Conditions, ConditionValues } from '../contract/dataset.ts';

/** The most components of a column or a table; models take at most 256. */
const MOST_COMPONENTS = 2 ** 16;

/** The most rows of a file of conditions. */
export const maxRows = 2 ** 22;

/** Reads the values of a row of a column. */
type RowReader = (row: number) => ArrayLike<number>;

/** A column of a table: a number, several numbers or an image in each row. */
export interface ConditionColumn {
  readonly name: string;
  /** The shape of a row: none for a number, `[K]`, `[H, W]` or `[H, W, C]`. */
  readonly shape: readonly number[];
  /** Returns a reader of the values of a row; throws UserError if they are unusable. */
  open(): RowReader;
}

/** The conditions of images, row by row. */
export interface ConditionTable {
  /** The file, for errors. */
  readonly path: string;
  /** How many rows it has. */
  readonly rows: number;
  /** The image of each row; absent if rows are in the order of the images. */
  readonly files?: readonly string[];
  /** Whether the rows are files of images: their extensions may differ from those of the images. */
  readonly areImages?: boolean;
  readonly columns: readonly ConditionColumn[];
}

/**
 * The components in a table for images of this shape. Several numbers, or channels, are components each: `low0`, `low1`, ….
 * An image whose sides are whole fractions of the images' is enlarged by repeating its pixels; the pixels of one
 * whose sides are whole multiples become channels, row by row.
 *
 * @param names those that are wanted; default all
 * @throws UserError (`invalid-data`) if values are unusable or have another size; (`not-found`) if one has an unknown name
 */
export function componentsIn(
  table: ConditionTable,
  imageShape: ImageShape,
  names?: readonly string[],
): Conditions {
  const { path } = table;
  const all = componentsOfTable(table, imageShape);
  const byName = new Map<string, Component>();
  for (const component of all) {
    if (byName.has(component.name)) {
      throw new UserError(
        'invalid-data',
        `${path}: two of its conditions are called ${component.name}: rename one`,
      );
    }
    byName.set(component.name, component);
  }
  const unknown = names?.find((name) => !byName.has(name));
  if (unknown !== undefined) {
    throw unknownName(`condition of ${path}`, unknown, [...byName.keys()]);
  }
  const wanted = names?.map((name) => byName.get(name)!) ?? all;
  return Object.fromEntries(wanted.map(({ name, open }) => [name, open()]));
}

/** The names of the components in a table, without reading their values. */
export function componentNamesIn(table: ConditionTable, imageShape: ImageShape): string[] {
  return componentsOfTable(table, imageShape).map(({ name }) => name);
}

/** Conditions of some rows of others. */
export function rowsOf(conditions: Conditions, rows: readonly number[]): Conditions {
  return Object.fromEntries(
    Object.entries(conditions).map(([name, { size, read }]) => [
      name,
      {
        size,
        read: (indices, out) =>
          read(
            Array.from(indices, (index) => rows[index]!),
            out,
          ),
      },
    ]),
  );
}

/** A component that is not read yet. */
interface Component {
  readonly name: string;
  open(): ConditionValues;
}

function componentsOfTable({ path, columns }: ConditionTable, imageShape: ImageShape): Component[] {
  const components: Component[] = [];
  for (const column of columns) {
    components.push(...componentsOfColumn(column, imageShape, path));
    if (components.length > MOST_COMPONENTS) {
      throw new UserError(
        'invalid-data',
        `${path}: its columns have more than ${MOST_COMPONENTS} numbers for each pixel or image: keep those that are needed`,
      );
    }
  }
  return components;
}

function componentsOfColumn(
  { name, shape, open }: ConditionColumn,
  [height, width]: ImageShape,
  path: string,
): Component[] {
  if (shape.length < 2) {
    const [count = 1] = shape;
    return named(name, count, path, (component) => gathered(open(), [component]));
  }
  const [rows, columns, channels = 1] = shape as [number, number, number?];
  const times = height / rows;
  const finer = rows / height;
  const isCoarser = Number.isInteger(times) && width === columns * times;
  const isFiner = Number.isInteger(finer) && columns === width * finer;
  if (!(isCoarser || isFiner)) {
    throw new UserError(
      'mismatch',
      `${path}: ${name} is ${rows}x${columns}, but the images are ${height}x${width}: one size must be a whole multiple of the other`,
    );
  }
  // A division by a whole number is exact where the result is; a product with its reciprocal is not.
  const scaled = (place: number): number => (isCoarser ? Math.floor(place / times) : place * finer);
  return named(name, (isCoarser ? 1 : finer ** 2) * channels, path, (component) => {
    const [offset, channel] = [Math.floor(component / channels), component % channels];
    const [down, right] = isCoarser ? [0, 0] : [Math.floor(offset / finer), offset % finer];
    const positions = Int32Array.from({ length: height * width }, (_, pixel) => {
      const row = scaled(Math.floor(pixel / width)) + down;
      const column = scaled(pixel % width) + right;
      return (row * columns + column) * channels + channel;
    });
    return gathered(open(), positions);
  });
}

/** Components by the name of their column, with numbers if there are several. */
function named(
  name: string,
  count: number,
  path: string,
  open: (component: number) => ConditionValues,
): Component[] {
  if (count > MOST_COMPONENTS) {
    throw new UserError(
      'invalid-data',
      `${path}: ${name} has ${count} numbers for each pixel or image, but at most ${MOST_COMPONENTS} are supported`,
    );
  }
  return Array.from({ length: count }, (_, component) => ({
    name: count === 1 ? name : `${name}${component}`,
    open: () => open(component),
  }));
}

/** The values at some positions of each row. */
function gathered(rowAt: RowReader, positions: ArrayLike<number>): ConditionValues {
  const size = positions.length;
  return {
    size,
    read(indices, out) {
      for (let index = 0; index < indices.length; index++) {
        const row = rowAt(indices[index]!);
        for (let position = 0; position < size; position++) {
          out[index * size + position] = row[positions[position]!]!;
        }
      }
    },
  };
}
