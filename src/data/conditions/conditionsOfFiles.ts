// The conditions of image files: those of the tables in their folders.
import { dirname, join, relative, sep } from 'node:path';
import { option, phrase } from '../../errors.ts';
import { isFolder } from '../../storage/files.ts';
import { conditionValues, type WantedConditions } from '../contract/conditions.ts';
import type { Conditions } from '../contract/dataset.ts';
import { readConditionTable } from './conditionTable.ts';
import { rowsByName, valuesOf } from './tabledImages.ts';

/**
 * The conditions of image files, from `conditions.csv` in the folder that was given, or beside a file that was.
 *
 * @param files the paths of the images, in order
 * @param given the files and folders that they were found by
 * @throws UserError if there is no such table, or it has no row for an image
 */
export function conditionsOfFiles(
  files: readonly string[],
  given: readonly string[],
  { names = [] }: WantedConditions,
): Conditions {
  const folders = given.filter((path) => isFolder(path));
  const folderOf = (file: string): string =>
    folders.find((folder) => file.startsWith(join(folder, sep))) ?? dirname(file);
  const byFolder = new Map<string, number[]>();
  files.forEach((file, index) => {
    const folder = folderOf(file);
    const indices = byFolder.get(folder) ?? [];
    indices.push(index);
    byFolder.set(folder, indices);
  });
  const all = Object.fromEntries(names.map((name) => [name, new Float64Array(files.length)]));
  for (const [folder, indices] of byFolder) {
    const table = readConditionTable(
      folder,
      { names },
      phrase`pass ${option('condition', `${names[0]}=VALUE`)}`,
    );
    const inFolder = indices.map((index) => relative(folder, files[index]!).replaceAll(sep, '/'));
    const values = valuesOf(table, rowsByName(inFolder, table));
    indices.forEach((index, place) => {
      for (const name of names) {
        all[name]![index] = values[name]![place]!;
      }
    });
  }
  return Object.fromEntries(
    Object.entries(all).map(([name, data]) => [
      name,
      conditionValues(data, { count: files.length, size: 1, what: `the condition ${name}` }),
    ]),
  );
}
