// A studio's files by path: the page, the models and runs, and their lists.
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import * as z from 'zod/mini';
import { UserError, visibleText } from '../../core/errors.ts';
import { exists, filesBelow, pathIn, readBytes, readText } from '../../data/files/index.node.ts';
import { parsedJson } from '../../data/files/index.ts';
import { bundledModelsFolder } from '../bundledModels.ts';
import { foundRuns, offeredModels, overviewReader } from './descriptions.ts';
import { type FoundRuns, MODELS_FILE, RUNS_FILE } from './lists.ts';
import { createShelf, type Shelf, searched } from './shelf.ts';

const builtPage = fileURLToPath(new URL('../../../dist/page', import.meta.url));

/** The models that come with the package. */
export const bundledModels: Shelf = createShelf('models', bundledModelsFolder);

/** A file on disk, which may be compressed with gzip: `decompressed` reads it. */
interface StoredFile {
  readonly file: string;
  readonly isCompressed: boolean;
}

/** A file's text, or where it is. */
type Content = StoredFile | { readonly text: string };

/** The files of a studio. */
export interface StudioFiles {
  /** The file at a path; undefined if there is none. */
  find(path: string): Content | undefined;
  /** The paths of a static build's files: the page and the models. */
  list(): string[];
  /** Where the search for models stopped early, if it did. */
  stopped(): string | undefined;
}

/**
 * The files of a studio with the models on these shelves.
 *
 * @param pageFolder the built page; by default the package's
 * @throws UserError (`not-ready`) if the page isn't built
 */
export function studioFiles(shelves: readonly Shelf[], pageFolder = builtPage): StudioFiles {
  if (!exists(pathIn(pageFolder, 'index.html'))) {
    throw new UserError('not-ready', `no page in ${pageFolder}: build it with npm run build`);
  }
  // Listed again each time: the page may be rebuilt while it is served.
  const page = () => filesOfPage(pageFolder);
  const shelved = searched(shelves);
  const overviewOf = overviewReader();
  const models = () => offeredModels(shelved.all().places, overviewOf);
  const runs = (): FoundRuns => {
    const { places, stopped } = shelved.all();
    return { runs: foundRuns(places, overviewOf), stopped: stopped ?? null };
  };
  return {
    find(path) {
      const ofPage = page().get(path);
      if (ofPage !== undefined) {
        return ofPage;
      }
      if (path === MODELS_FILE) {
        return { text: listText(models()) };
      }
      if (path === RUNS_FILE) {
        return { text: listText(runs()) };
      }
      const file = shelved.file(path);
      return file !== undefined && exists(file) ? { file, isCompressed: false } : undefined;
    },
    list: () => [
      ...page().keys(),
      MODELS_FILE,
      ...models().flatMap(({ path, files }) => files.map((name) => `${path}/${name}`)),
    ],
    stopped: () => shelved.all().stopped,
  };
}

/** Lists the files that the package has outside its page, by path: `scripts/compress-page.mjs` writes it. */
const SHARED_FILE = 'shared.json';

const sharedSchema = z.record(z.string(), z.string());

/** The files of the built page by path; compressed files are also listed under their stored names. */
function filesOfPage(folder: string): ReadonlyMap<string, StoredFile> {
  const files = new Map<string, StoredFile>();
  const add = (name: string, file: string): void => {
    files.set(name, { file, isCompressed: false });
    const [, original] = /^(.+\.(?:css|js|svg|wasm))\.gz$/.exec(name) ?? [];
    if (original !== undefined) {
      files.set(original, { file, isCompressed: true });
    }
  };
  for (const name of filesBelow(folder).files.filter((name) => name !== SHARED_FILE)) {
    add(name, pathIn(folder, name));
  }
  const list = pathIn(folder, SHARED_FILE);
  const shared = exists(list) ? sharedSchema.parse(parsedJson(readText(list))) : {};
  for (const [name, file] of Object.entries(shared)) {
    add(`${name}.gz`, pathIn(folder, file));
  }
  return files;
}

/** The most bytes of a file of the page. */
const LARGEST_FILE = 2 ** 26;

/** The bytes of a compressed file. */
export function decompressed(file: string): Uint8Array {
  return gunzipSync(readBytes(file, LARGEST_FILE), { maxOutputLength: LARGEST_FILE });
}

/** A list as JSON, with invisible characters escaped: the page shows its texts, such as names of folders and settings. */
function listText(list: unknown): string {
  const visible = (_: string, value: unknown): unknown =>
    typeof value === 'string' ? visibleText(value) : value;
  return `${JSON.stringify(list, visible, 2)}\n`;
}
