// A studio's files by path: the page, the models and runs, and their lists.
import { fileURLToPath } from 'node:url';
import { UserError } from '../../core/errors.ts';
import { visibleText } from '../../core/visibleText.ts';
import { exists } from '../../data/files/files.ts';
import { filesBelow, pathIn } from '../../data/files/folders.ts';
import { bundledModelsFolder } from '../bundledModels.ts';
import { type FoundRuns, RUNS_FILE } from './foundRun.ts';
import { foundRuns } from './foundRuns.ts';
import { MODELS_FILE } from './offeredModel.ts';
import { offeredModels } from './offeredModels.ts';
import { overviewReader } from './overviews.ts';
import { type Shelf, searched, shelfOf } from './shelf.ts';

const builtPage = fileURLToPath(new URL('../../../dist/page', import.meta.url));

/** The models that come with the package. */
export const bundledModels: Shelf = shelfOf('models', bundledModelsFolder);

/** A file's content, or where it is: `compressed` is the same file compressed with gzip, if there is one. */
type Content = { readonly file: string; readonly compressed?: string } | { readonly text: string };

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
  const page = () => filesBelow(pageFolder).files;
  const shelved = searched(shelves);
  const overviewOf = overviewReader();
  const models = () => offeredModels(shelved.all().places, overviewOf);
  const runs = (): FoundRuns => {
    const { places, stopped } = shelved.all();
    return { runs: foundRuns(places, overviewOf), stopped: stopped ?? null };
  };
  return {
    find(path) {
      const ofPage = page();
      if (ofPage.includes(path)) {
        const compressed = `${path}.gz`;
        return {
          file: pathIn(pageFolder, path),
          ...(ofPage.includes(compressed) && { compressed: pathIn(pageFolder, compressed) }),
        };
      }
      if (path === MODELS_FILE) {
        return { text: listText(models()) };
      }
      if (path === RUNS_FILE) {
        return { text: listText(runs()) };
      }
      const file = shelved.file(path);
      return file !== undefined && exists(file) ? { file } : undefined;
    },
    list: () => [
      ...page(),
      MODELS_FILE,
      ...models().flatMap(({ path, files }) => files.map((name) => `${path}/${name}`)),
    ],
    stopped: () => shelved.all().stopped,
  };
}

/** A list as JSON, with invisible characters escaped: the page shows its texts, such as names of folders and settings. */
function listText(list: unknown): string {
  const visible = (_: string, value: unknown): unknown =>
    typeof value === 'string' ? visibleText(value) : value;
  return `${JSON.stringify(list, visible, 2)}\n`;
}
