// Images with the conditions of a table: by file name, or in the order of all images of a dataset.
import { UserError } from '../../errors.ts';
import { conditioned } from '../contract/conditions.ts';
import type { DatasetSource, ImageSet } from '../contract/dataset.ts';
import type { ConditionTable } from './conditionTable.ts';

/**
 * A dataset with the conditions of a table, by name or in order.
 *
 * @throws UserError (`mismatch`) as `rowsByName` does, or if there are not as many rows as images
 */
export function withConditions(source: DatasetSource, table: ConditionTable): DatasetSource {
  const { train, validation, test } = source;
  const used: UsedRows = new Map();
  const inOrder = table.files === undefined ? rowsInOrder(source, table) : undefined;
  const given = (images: ImageSet): ImageSet => {
    const rows = inOrder?.get(images) ?? rowsByName(namesIn(images, table), table, used);
    return conditioned(images, valuesOf(table, rows), table.path);
  };
  return {
    ...source,
    train: given(train),
    ...(validation && { validation: given(validation) }),
    test: given(test),
  };
}

/** Images with the conditions of the rows with their names; throws as `rowsByName` does. */
export function withConditionsByName(images: ImageSet, table: ConditionTable): ImageSet {
  return conditioned(images, valuesOf(table, rowsByName(namesIn(images, table), table)), table.path);
}

/** The image that each row is for. */
type UsedRows = Map<number, string>;

/**
 * The rows of images: those with their path in the dataset, or with its last part. Tiles of an image have its name, `#` and a
 * number.
 *
 * @param used the rows that are already used, by other images
 * @throws UserError (`mismatch`) if an image has no row, or a row is for several images
 */
export function rowsByName(
  names: readonly string[],
  { path, files }: ConditionTable,
  used: UsedRows = new Map(),
): number[] {
  const rows = new Map(files!.map((file, row) => [file, row]));
  const whole = names.map((name) => name.replace(/#\d+$/, ''));
  const found = whole.map((name) => rows.get(name) ?? rows.get(name.slice(name.lastIndexOf('/') + 1)));
  const missing = whole.filter((_, index) => found[index] === undefined);
  if (missing.length > 0) {
    const others = missing.length === 1 ? '' : ` and ${missing.length - 1} more`;
    throw new UserError('mismatch', `${path} has no row for ${missing[0]}${others}: add one for each image`);
  }
  return found.map((row, index) => {
    const other = used.get(row!) ?? whole[index]!;
    if (other !== whole[index]) {
      throw new UserError(
        'mismatch',
        `${path}: the row of ${files![row!]} is for several images, such as ${other} and ${whole[index]}: write their paths in the column file`,
      );
    }
    used.set(row!, other);
    return row!;
  });
}

/** The values of some rows of a table, by component. */
export function valuesOf(
  { values, rows }: ConditionTable,
  chosen: readonly number[],
): Record<string, Float64Array> {
  const own = Object.entries(values).map(([name, all]) => {
    const size = all.length / rows;
    const data = new Float64Array(chosen.length * size);
    chosen.forEach((row, index) => {
      data.set(all.subarray(row * size, (row + 1) * size), index * size);
    });
    return [name, data] as const;
  });
  return Object.fromEntries(own);
}

function namesIn({ nameOf, count }: ImageSet, { path }: ConditionTable): string[] {
  if (nameOf === undefined) {
    throw new UserError(
      'mismatch',
      `${path} has a column file, but these images have no names: leave the column out, with a row for each image in order`,
    );
  }
  return Array.from({ length: count }, (_, index) => nameOf(index));
}

/**
 * The rows of the images of each split, in the order of the images: for training, validation and testing; if all are from one
 * array, in its order.
 */
function rowsInOrder(
  { train, validation, test }: DatasetSource,
  { path, rows }: ConditionTable,
): Map<ImageSet, number[]> {
  const sets = [train, ...(validation ? [validation] : []), test];
  const total = sets.reduce((sum, { count }) => sum + count, 0);
  if (total !== rows) {
    throw new UserError(
      'mismatch',
      `${path} has ${rows} rows for ${total} images: give one for each, or add a column file with their names`,
    );
  }
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
