// Tables of conditions: the values of each component for the images of a dataset, by file name or in their order.
import { basename, join } from 'node:path';
import { type Phrase, phrase, UserError, unknownName } from '../../errors.ts';
import { exists, isFolder, readText, requireExists } from '../../storage/files.ts';
import type { WantedConditions } from '../contract/conditions.ts';
import { parseCsv } from '../formats/csv.ts';

/** The values of components, row by row. */
export interface ConditionTable {
  /** The file, for errors. */
  readonly path: string;
  /** How many rows it has. */
  readonly rows: number;
  /** The image of each row; absent if rows are in the order of the images. */
  readonly files?: readonly string[];
  /** The values of each component: one for each row, or H·W. */
  readonly values: Readonly<Record<string, Float64Array>>;
}

/** The column with the names of the images. */
const FILE_COLUMN = 'file';

/** The most bytes of a table: 256 MiB. */
const largestTable = 2 ** 28;

/**
 * Reads the table of the conditions of images.
 *
 * @param images the path of the images
 * @param otherwise what to do without a table beside them
 * @throws UserError (`not-found`) if there is none beside the images, or it lacks a component; (`invalid-data`) if it is
 *   corrupt
 */
export function readConditionTable(
  images: string,
  { from, names }: WantedConditions,
  otherwise: Phrase = ['name a file with data.conditions'],
): ConditionTable {
  const path = from ?? tableBeside(images, otherwise);
  requireExists(path);
  const { columns, rows } = parseCsv(readText(path, largestTable), path);
  const components = columns.filter((name) => name !== FILE_COLUMN);
  const unknown = names?.find((name) => !components.includes(name));
  if (unknown !== undefined) {
    throw unknownName(`condition of ${path}`, unknown, components);
  }
  const fileColumn = columns.indexOf(FILE_COLUMN);
  const files = fileColumn === -1 ? undefined : rows.map(({ cells }) => cells[fileColumn]!);
  const repeated = files && findRepeated(files);
  if (repeated !== undefined) {
    throw new UserError('invalid-data', `${path}: two rows are for ${repeated}: keep one`);
  }
  const values = (names ?? components).map((name) => {
    const column = columns.indexOf(name);
    const numbers = Float64Array.from(rows, ({ line, cells }) => {
      const value = cells[column] === '' ? Number.NaN : Number(cells[column]);
      if (!Number.isFinite(value)) {
        throw new UserError(
          'invalid-data',
          `${path}:${line}: ${name} is '${cells[column]}': expected a number${names ? '' : ' (or list the columns to use in model.condition)'}`,
        );
      }
      return value;
    });
    return [name, numbers] as const;
  });
  return { path, rows: rows.length, ...(files && { files }), values: Object.fromEntries(values) };
}

/** The table that is beside images: `conditions.csv` in a folder, or `maps.conditions.csv` next to `maps.zip`. */
function tableBeside(images: string, otherwise: Phrase): string {
  const path = isFolder(images)
    ? join(images, 'conditions.csv')
    : `${images.replace(/(\.(images|gz|zip|tar|tgz|npy|npz|parquet))+$/i, '')}.conditions.csv`;
  if (!exists(path)) {
    throw new UserError(
      'not-found',
      phrase`${images}: the model depends on conditions of the images, but there is no ${basename(path)} beside them: write one, or ${otherwise}`,
    );
  }
  return path;
}

/** The first text that occurs twice. */
function findRepeated(texts: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return texts.find((text) => seen.size === seen.add(text).size);
}
