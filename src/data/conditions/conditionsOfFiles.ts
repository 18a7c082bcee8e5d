// The conditions of image files, from the tables in their folders.
import { dirname, join, relative, resolve, sep } from 'node:path';
import { option, type Phrase, phrase, UserError } from '../../core/errors.ts';
import { countElements, type ImageShape } from '../../core/numeric/index.ts';
import type { RequiredCondition } from '../contract/conditions.ts';
import type { Conditions } from '../contract/dataset.ts';
import { isFolder } from '../files/files.ts';
import { readConditionTable } from './conditionTable.ts';
import { componentsIn, conditionsByTable } from './table.ts';

/**
 * The conditions of image files, from the table in a given folder, or next to a given file.
 *
 * @param files the paths of the images, in order
 * @param sources the files and folders that they were found by
 * @param wanted the conditions that the images must have, at least one
 * @param options.areFirst whether more images follow, whose conditions are not needed
 * @throws UserError if there is no such table, or it has no row for an image
 */
export async function conditionsOfFiles(
  files: readonly string[],
  sources: readonly string[],
  wanted: readonly RequiredCondition[],
  imageShape: ImageShape,
  { areFirst = false }: { readonly areFirst?: boolean | undefined } = {},
): Promise<Conditions> {
  const names = wanted.map(({ name }) => name);
  const places: { conditions: Conditions; row: number }[] = [];
  const folders = [...byFolder(files, sources)];
  for (const [folder, indices] of folders) {
    const table = await readConditionTable(folder, { names, otherwise: orPassed(wanted) });
    const components = componentsIn(table, imageShape, names);
    const inFolder = indices.map((index) => nameIn(folder, files[index]!));
    // Only the images of the last folder can be followed by others.
    const isCut = areFirst && folder === folders.at(-1)![0];
    const conditions = conditionsByTable(inFolder, table, components, { areFirst: isCut });
    indices.forEach((index, row) => {
      places[index] = { conditions, row };
    });
  }
  return Object.fromEntries(
    names.map((name) => {
      const { shape } = places[0]!.conditions[name]!;
      const differing = places.findIndex(
        ({ conditions }) => String(conditions[name]!.shape) !== String(shape),
      );
      if (differing !== -1) {
        throw new UserError(
          'mismatch',
          `the condition ${name} is ${inWords(shape)} for ${files[0]}, but ${inWords(places[differing]!.conditions[name]!.shape)} for ${files[differing]}`,
        );
      }
      const size = countElements(shape);
      const read = (indices: ArrayLike<number>, out: Float64Array): void => {
        for (let position = 0; position < indices.length; position++) {
          const { conditions, row } = places[indices[position]!]!;
          conditions[name]!.read([row], out.subarray(position * size, (position + 1) * size));
        }
      };
      return [name, { shape, read }];
    }),
  );
}

/** Describes the shape of a condition: `a number`, `3 numbers`, `an image of 8 x 8 x 1`. */
function inWords(shape: readonly number[]): string {
  return countElements(shape) === 1
    ? 'a number'
    : `${shape.length > 1 ? 'an image of' : ''} ${shape.join(' x ')}${shape.length > 1 ? '' : ' numbers'}`.trim();
}

/** What to do without a file of conditions: pass them. */
export function orPassed([first]: readonly RequiredCondition[]): Phrase {
  const { name, shape } = first!;
  return phrase`pass ${option('condition', `${name}=${countElements(shape) === 1 ? 'VALUE' : 'FILE'}`)}`;
}

/** The names of image files in the folders that they were found in, with `/`; of other files, their own. */
export function namesInFolders(files: readonly string[], sources: readonly string[]): string[] {
  const names: string[] = [];
  for (const [folder, indices] of byFolder(files, sources)) {
    for (const index of indices) {
      names[index] = nameIn(folder, files[index]!);
    }
  }
  return names;
}

/** The positions of files by the folder that was given, or, of a file that was, by its own. */
function byFolder(files: readonly string[], sources: readonly string[]): Map<string, number[]> {
  const folders = sources.filter((path) => isFolder(path));
  const indicesByFolder = new Map<string, number[]>();
  files.forEach((file, index) => {
    const isBelow = (candidate: string) => resolve(file).startsWith(join(resolve(candidate), sep));
    const folder = folders.find(isBelow) ?? dirname(file);
    const indices = indicesByFolder.get(folder) ?? [];
    indices.push(index);
    indicesByFolder.set(folder, indices);
  });
  return indicesByFolder;
}

function nameIn(folder: string, file: string): string {
  return relative(folder, file).replaceAll(sep, '/');
}
