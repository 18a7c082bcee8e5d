// Tables of conditions, a row for each image, with numbers and images; and images with the conditions in one.
import { UserError, unknownName } from '../../core/errors.ts';
import type { ImageShape } from '../../core/numeric/index.ts';
import { withConditions } from '../contract/conditions.ts';
import type { Conditions, ConditionValues, DatasetSource, ImageSet } from '../contract/dataset.ts';

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
  /** The largest error of float64 values that were rounded to float32, as a share of the largest; 0 or missing if none was. */
  readonly rounding?: number;
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
  /** Whether the rows are files of images: their extensions may differ from the images'. */
  readonly areImages?: boolean;
  readonly columns: readonly ConditionColumn[];
}

/**
 * The components in a table for images of this shape. Several numbers, or channels, are components each: `low0`, `low1`, ….
 * An image whose sides are whole fractions of the images' is enlarged by repeating its pixels; the pixels of one
 * whose sides are whole multiples become channels, row by row.
 *
 * @param names the wanted components; a column's name selects all of its numbers or channels; default all components
 * @throws UserError (`invalid-data`) if values are unusable or have another size; (`not-found`) if one has an unknown name
 */
export function componentsIn(
  table: ConditionTable,
  imageShape: ImageShape,
  names?: readonly string[],
): Conditions {
  const { path } = table;
  const components = componentsOfTable(table, imageShape);
  const byName = new Map<string, Component>();
  for (const component of components) {
    if (byName.has(component.name)) {
      throw new UserError(
        'invalid-data',
        `${path}: two of its conditions are called ${component.name}: rename one`,
      );
    }
    byName.set(component.name, component);
  }
  for (const column of table.columns) {
    if (!byName.has(column.name)) {
      byName.set(column.name, wholeColumn(column, imageShape, path));
    }
  }
  const unknown = names?.find((name) => !byName.has(name));
  if (unknown !== undefined) {
    throw unknownName(`condition of ${path}`, unknown, [...byName.keys()]);
  }
  const wanted = names?.map((name) => byName.get(name)!) ?? components;
  return Object.fromEntries(wanted.map(({ name, open }) => [name, open()]));
}

/** The names of the components in a table, without reading their values. */
export function componentNamesIn(table: ConditionTable, imageShape: ImageShape): string[] {
  return componentsOfTable(table, imageShape).map(({ name }) => name);
}

/** Conditions of some rows of others. */
export function selectRows(conditions: Conditions, rows: readonly number[]): Conditions {
  return Object.fromEntries(
    Object.entries(conditions).map(([name, { shape, read }]) => [
      name,
      {
        shape,
        read: (indices, out) =>
          read(
            Array.from(indices, (index) => rows[index]!),
            out,
          ),
      },
    ]),
  );
}

interface Component {
  readonly name: string;
  open(): ConditionValues;
}

function componentsOfTable({ path, columns }: ConditionTable, imageShape: ImageShape): Component[] {
  const components: Component[] = [];
  for (const column of columns) {
    const { name, open } = column;
    const { count, shape, positions } = columnAsConditions(column, imageShape, path);
    if (components.length + count > MOST_COMPONENTS) {
      throw new UserError(
        'invalid-data',
        `${path}: its columns have more than ${MOST_COMPONENTS} numbers for each pixel or image: keep those that are needed`,
      );
    }
    for (let component = 0; component < count; component++) {
      components.push({
        name: count === 1 ? name : `${name}${component}`,
        open: () => gathered(open(), positions(component), [...shape.slice(0, -1), 1]),
      });
    }
  }
  return components;
}

/** All components of a column as one condition: several numbers, or an image of several channels. */
function wholeColumn(column: ConditionColumn, imageShape: ImageShape, path: string): Component {
  const { count, shape, positions } = columnAsConditions(column, imageShape, path);
  return {
    name: column.name,
    open() {
      const each = Array.from({ length: count }, (_, component) => positions(component));
      const size = each[0]!.length;
      const columnIndices = Int32Array.from(
        { length: size * count },
        (_, index) => each[index % count]![Math.floor(index / count)]!,
      );
      return gathered(column.open(), columnIndices, shape);
    },
  };
}

/** The components in a column: how many, the shape of all together, and where the values of each are in a row. */
function columnAsConditions(
  { name, shape }: ConditionColumn,
  [height, width]: ImageShape,
  path: string,
): {
  readonly count: number;
  readonly shape: readonly number[];
  positions(component: number): ArrayLike<number>;
} {
  if (shape.length < 2) {
    const [count = 1] = shape;
    return { count, shape: [count], positions: (component) => [component] };
  }
  const [rows, columns, channels = 1] = shape as [number, number, number?];
  const factor = height / rows;
  const finer = rows / height;
  const isCoarser = Number.isInteger(factor) && width === columns * factor;
  const isFiner = Number.isInteger(finer) && columns === width * finer;
  if (!(isCoarser || isFiner)) {
    throw new UserError(
      'mismatch',
      `${path}: ${name} is ${rows}x${columns}, but the images are ${height}x${width}: one size must be a whole multiple of the other`,
    );
  }
  // A division by a whole number is exact where the result is; a product with its reciprocal is not.
  const scaled = (position: number): number => (isCoarser ? Math.floor(position / factor) : position * finer);
  const count = (isCoarser ? 1 : finer ** 2) * channels;
  const positions = (component: number): ArrayLike<number> => {
    const [offset, channel] = [Math.floor(component / channels), component % channels];
    const [down, right] = isCoarser ? [0, 0] : [Math.floor(offset / finer), offset % finer];
    return Int32Array.from({ length: height * width }, (_, pixel) => {
      const row = scaled(Math.floor(pixel / width)) + down;
      const column = scaled(pixel % width) + right;
      return (row * columns + column) * channels + channel;
    });
  };
  return { count, shape: [height, width, count], positions };
}

function gathered(rowAt: RowReader, positions: ArrayLike<number>, shape: readonly number[]): ConditionValues {
  const size = positions.length;
  return {
    shape,
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

/**
 * A dataset with the conditions of a table, by name or in order.
 *
 * @param names those that are wanted; default all
 * @throws UserError as `componentsIn` does, or (`mismatch`) as `rowsByName` does, or if there are not as many rows as images
 */
export function sourceWithTable(
  source: DatasetSource,
  table: ConditionTable,
  names?: readonly string[],
): DatasetSource {
  const { train, validation, test } = source;
  const used: UsedRows = new Map();
  const seen = new Set<string>();
  const inOrder = table.files === undefined ? rowsInOrder(source, table) : undefined;
  const components = componentsIn(table, train.imageShape, names);
  const addConditions = (images: ImageSet): ImageSet => {
    const rows = inOrder?.get(images) ?? rowsByName(namesIn(images, table, seen), table, used);
    return withConditions(images, selectRows(components, rows), table.path);
  };
  return {
    ...source,
    train: addConditions(train),
    ...(validation && { validation: addConditions(validation) }),
    test: addConditions(test),
  };
}

/** Images with the conditions of the rows with their names; throws as `sourceWithTable` does. */
export function imagesWithTable(
  images: ImageSet,
  table: ConditionTable,
  names?: readonly string[],
): ImageSet {
  const components = componentsIn(table, images.imageShape, names);
  const rows = rowsByName(namesIn(images, table), table);
  return withConditions(images, selectRows(components, rows), table.path);
}

/**
 * The conditions of images with these names: rows are found by name, or taken in order from a table without names.
 *
 * @param options.areFirst whether the table may have more rows, for images that follow
 * @throws UserError (`mismatch`) if there are not as many rows as images, or as `rowsByName` does
 */
export function conditionsByTable(
  names: readonly string[],
  table: ConditionTable,
  components: Conditions,
  { areFirst = false }: { readonly areFirst?: boolean | undefined } = {},
): Conditions {
  if (table.files !== undefined) {
    return selectRows(components, rowsByName(names, table));
  }
  if (!areFirst || table.rows < names.length) {
    requireRows(table, names.length);
  }
  return components;
}

/** The image that each row is for, its tiles included. */
type UsedRows = Map<number, string>;

/** The rows of images: those with their path in the dataset, or the end of it. Tiles (`map.png#3`) use their image's row. */
function rowsByName(names: readonly string[], table: ConditionTable, used: UsedRows = new Map()): number[] {
  const { path, areImages } = table;
  const files = table.files!.map((file) => (areImages ? withoutExtension(file) : file));
  const rows = new Map(files.map((file, row) => [file, row]));
  if (rows.size < files.length) {
    const repeated = files.find((file, row) => rows.get(file) !== row);
    throw new UserError(
      'invalid-data',
      `${path}: two ${areImages ? 'images' : 'rows'} are for ${repeated}: keep one`,
    );
  }
  const keys = names.map((name) => (areImages ? withoutExtension(name) : withoutTile(name)));
  const rowIndices = keys.map((name) => {
    let end = name;
    while (!rows.has(end) && end.includes('/')) {
      end = end.slice(end.indexOf('/') + 1);
    }
    return rows.get(end);
  });
  const missing = names.filter((_, index) => rowIndices[index] === undefined);
  if (missing.length > 0) {
    const others = missing.length === 1 ? '' : ` and ${missing.length - 1} more`;
    const unit = areImages ? 'image' : 'row';
    throw new UserError(
      'mismatch',
      `${path} has no ${unit} for ${missing[0]}${others}: add one for each image`,
    );
  }
  return rowIndices.map((row, index) => {
    const name = withoutTile(names[index]!);
    const earlierName = used.get(row!) ?? name;
    if (earlierName !== name) {
      throw new UserError(
        'mismatch',
        areImages
          ? `${path}: ${table.files![row!]} is for several images, such as ${earlierName} and ${name}: arrange the condition images in the same folders as the images`
          : `${path}: the row of ${files[row!]} is for several images, such as ${earlierName} and ${name}: write their paths in the column file`,
      );
    }
    used.set(row!, earlierName);
    return row!;
  });
}

/** The name of the image that a tile is cut from; other names unchanged. */
function withoutTile(name: string): string {
  return name.replace(/#\d+$/, '');
}

/** The name of an image, or of a tile of it, without its extension. */
function withoutExtension(name: string): string {
  return name.replace(/\.\w+(#\d+)?$/, '$1');
}

/**
 * The names of images, which identify their rows.
 *
 * @param seen the names of images in other splits, to which these are added
 */
function namesIn(
  { nameAt, count }: ImageSet,
  { path, areImages }: ConditionTable,
  seen: Set<string> = new Set(),
): string[] {
  if (nameAt === undefined) {
    throw new UserError(
      'mismatch',
      areImages
        ? `${path}: these images have no names to find their conditions by: write an array, with a row for each image in order`
        : `${path} has a column file, but these images have no names: leave the column out, with a row for each image in order`,
    );
  }
  return Array.from({ length: count }, (_, index) => {
    const name = nameAt(index);
    if (seen.has(name)) {
      throw new UserError(
        'mismatch',
        `${path} can't tell two images with the name ${name} apart: rename one, or write an array, with a row for each image in order`,
      );
    }
    seen.add(name);
    return name;
  });
}

function requireRows({ path, rows }: ConditionTable, images: number): void {
  if (images !== rows) {
    const names = /\.csv$/i.test(path) ? ', or add a column file with their names' : '';
    throw new UserError(
      'mismatch',
      `${path} has ${rows} rows for ${images} images: give one for each${names}`,
    );
  }
}

/** The rows of the images of each split, in their order; if all are from one array, in its order. */
function rowsInOrder(
  { train, validation, test }: DatasetSource,
  table: ConditionTable,
): Map<ImageSet, number[]> {
  const sets = [train, ...(validation ? [validation] : []), test];
  const total = sets.reduce((sum, { count }) => sum + count, 0);
  requireRows(table, total);
  const places = placesInArray(sets, total);
  let before = 0;
  return new Map(
    sets.map((images) => {
      const first = before;
      before += images.count;
      const rowPosition = (index: number): number => places?.get(images.nameAt!(index)) ?? first + index;
      return [images, Array.from({ length: images.count }, (_, index) => rowPosition(index))];
    }),
  );
}

/** The positions of images in the array that contains them, by name; undefined unless all their names come from one array. */
function placesInArray(sets: readonly ImageSet[], total: number): Map<string, number> | undefined {
  const names = sets.flatMap(({ count, nameAt }) =>
    Array.from({ length: count }, (_, index) => nameAt?.(index) ?? ''),
  );
  const places = new Map(names.map((name) => [name, /^\d{1,15}$/.test(name) ? Number(name) : total]));
  return places.size === total && [...places.values()].every((position) => position < total)
    ? places
    : undefined;
}
