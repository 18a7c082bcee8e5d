// Images with the conditions of a table: by file name, or in the order of all images of a dataset.
import { UserError } from '../../errors.ts';
import { withConditions } from '../contract/conditions.ts';
import type { Conditions, DatasetSource, ImageSet } from '../contract/dataset.ts';
import { type ConditionTable, componentsIn, rowsOf } from './table.ts';

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
  const inOrder = table.files === undefined ? rowsInOrder(source, table) : undefined;
  const components = componentsIn(table, train.imageShape, names);
  const given = (images: ImageSet): ImageSet => {
    const rows = inOrder?.get(images) ?? rowsByName(namesIn(images, table), table, used);
    return withConditions(images, rowsOf(components, rows), table.path);
  };
  return {
    ...source,
    train: given(train),
    ...(validation && { validation: given(validation) }),
    test: given(test),
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
  return withConditions(images, rowsOf(components, rows), table.path);
}

/**
 * The conditions of images with these names: rows are found by name, or taken in order from a table without names.
 *
 * @throws UserError (`mismatch`) if there are not as many rows as images, or as `rowsByName` does
 */
export function conditionsByTable(
  names: readonly string[],
  table: ConditionTable,
  components: Conditions,
): Conditions {
  if (table.files !== undefined) {
    return rowsOf(components, rowsByName(names, table));
  }
  requireRows(table, names.length);
  return components;
}

/** The image that each row is for. */
type UsedRows = Map<number, string>;

/**
 * The rows of images: those with their path in the dataset, or with its last part. Tiles of an image have its name, `#` and a
 * number, and use its row.
 *
 * @param used the rows that are already used, by other images
 * @throws UserError (`mismatch`) if an image has no row, or a row is for several images
 */
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
  const whole = names.map((name) => (areImages ? withoutExtension(name) : name.replace(/#\d+$/, '')));
  const found = whole.map((name) => rows.get(name) ?? rows.get(name.slice(name.lastIndexOf('/') + 1)));
  const missing = names.filter((_, index) => found[index] === undefined);
  if (missing.length > 0) {
    const others = missing.length === 1 ? '' : ` and ${missing.length - 1} more`;
    const what = areImages ? 'image' : 'row';
    throw new UserError(
      'mismatch',
      `${path} has no ${what} for ${missing[0]}${others}: add one for each image`,
    );
  }
  return found.map((row, index) => {
    const other = used.get(row!) ?? whole[index]!;
    if (other !== whole[index]) {
      throw new UserError(
        'mismatch',
        areImages
          ? `${path}: ${table.files![row!]} is for several images, such as ${other} and ${whole[index]}: arrange the condition images in the same folders as the images`
          : `${path}: the row of ${files[row!]} is for several images, such as ${other} and ${whole[index]}: write their paths in the column file`,
      );
    }
    used.set(row!, other);
    return row!;
  });
}

/** The name of an image, or of a tile of it, without its extension. */
function withoutExtension(name: string): string {
  return name.replace(/\.\w+(#\d+)?$/, '$1');
}

function namesIn({ nameOf, count }: ImageSet, { path, areImages }: ConditionTable): string[] {
  if (nameOf === undefined) {
    throw new UserError(
      'mismatch',
      areImages
        ? `${path}: these images have no names to find their conditions by: write an array, with a row for each image in order`
        : `${path} has a column file, but these images have no names: leave the column out, with a row for each image in order`,
    );
  }
  return Array.from({ length: count }, (_, index) => nameOf(index));
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

/**
 * The rows of the images of each split, in the order of the images: for training, validation and testing; if all are from one
 * array, in its order.
 */
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
      const placeOf = (index: number): number => places?.get(images.nameOf!(index)) ?? first + index;
      return [images, Array.from({ length: images.count }, (_, index) => placeOf(index))];
    }),
  );
}

/** The places of images in the array that they are from, by name; undefined if their names are not those of one array. */
function placesInArray(sets: readonly ImageSet[], total: number): Map<string, number> | undefined {
  const names = sets.flatMap(({ count, nameOf }) =>
    Array.from({ length: count }, (_, index) => nameOf?.(index) ?? ''),
  );
  const places = new Map(names.map((name) => [name, /^\d{1,15}$/.test(name) ? Number(name) : total]));
  return places.size === total && [...places.values()].every((place) => place < total) ? places : undefined;
}
