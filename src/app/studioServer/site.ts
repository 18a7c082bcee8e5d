// Writes a studio as static files for any host.
import * as z from 'zod/mini';
import { cleanedUpAfter, UserError } from '../../core/errors.ts';
import { nextTurn } from '../../core/platform/index.ts';
import {
  ClosedFolder,
  exists,
  isFolder,
  listFolder,
  pathIn,
  readBlocks,
  readText,
  requireDistinctFiles,
  requireNewFolder,
  startNewFolder,
  staysInFolder,
} from '../../data/files/index.node.ts';
import { type FileContent, parsedJson } from '../../data/files/index.ts';
import { decompressed, type StudioFiles } from './files.ts';
import { contentPolicy } from './headers.ts';
import { MODELS_FILE, RUNS_FILE } from './lists.ts';

/** Lists a site's files, so that the next build replaces only these. */
const LIST_FILE = 'studio-files.json';

const listSchema = z.object({ files: z.array(z.string().check(z.refine(staysInFolder))) });

/**
 * Checks that a folder is new, empty, or an earlier site, as `writeSite` requires.
 *
 * @throws UserError (`exists`) if it isn't
 */
export function requireSiteFolder(folder: string): void {
  earlierFiles(folder);
}

/**
 * Writes a studio into a folder. A new folder appears when it is complete. In an earlier site, only its own files are
 * replaced or removed: first the files that pages need, then pages and lists; then unneeded files are removed.
 *
 * @param options.signal stops the build: a new folder is not written
 * @param options.url the address of the folder, which ends with a slash: link previews need it for their picture
 * @returns the number of files; undefined if the signal stopped the build
 * @throws UserError if the folder contains other files, or writing fails
 */
export async function writeSite(
  folder: string,
  files: StudioFiles,
  { signal, url }: { signal?: AbortSignal; url?: string | undefined } = {},
): Promise<number | undefined> {
  const earlier = earlierFiles(folder);
  const listed = files.list();
  requireDistinctFiles(listed);
  const names = [...listed.filter((name) => !isEntry(name)), ...listed.filter(isEntry)];
  // Read before the files that it names, and written after them: a run that is still trained gets other checkpoints meanwhile.
  const models = readContent(files, MODELS_FILE, url);
  const read = (name: string): FileContent => (name === MODELS_FILE ? models : readContent(files, name, url));
  const isComplete =
    earlier === undefined
      ? await writeNewSite(folder, read, names, signal)
      : await replaceSite(folder, read, names, earlier, signal);
  return isComplete ? names.length : undefined;
}

/** Whether a file refers to others: a page, or a list. */
function isEntry(name: string): boolean {
  return name.endsWith('.html') || name === MODELS_FILE || name === RUNS_FILE;
}

async function writeNewSite(
  folder: string,
  read: (name: string) => FileContent,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<boolean> {
  const site = startNewFolder(folder);
  try {
    for (const name of names) {
      if (await isStopped(signal)) {
        site.discard();
        return false;
      }
      site.write(name, read(name));
    }
    site.write(LIST_FILE, listText(names));
    site.finish();
    return true;
  } catch (error) {
    throw cleanedUpAfter(error, site.discard);
  }
}

async function replaceSite(
  folder: string,
  read: (name: string) => FileContent,
  names: readonly string[],
  earlier: readonly string[],
  signal?: AbortSignal,
): Promise<boolean> {
  const site = new ClosedFolder(folder);
  // First, so that the next build knows the files of an interrupted one.
  site.write(LIST_FILE, listText([...new Set([...earlier, ...names])]));
  for (const name of names) {
    if (await isStopped(signal)) {
      return false;
    }
    site.write(name, read(name));
  }
  for (const name of earlier.filter((file) => !names.includes(file))) {
    site.remove(name);
  }
  site.write(LIST_FILE, listText(names));
  return true;
}

/** Whether the build was stopped; lets signals of the system arrive first. */
async function isStopped(signal: AbortSignal | undefined): Promise<boolean> {
  await nextTurn();
  return signal?.aborted === true;
}

function listText(names: readonly string[]): string {
  return `${JSON.stringify({ files: names }, null, 2)}\n`;
}

/** The files of the earlier site in a folder; undefined if it is new or empty. */
function earlierFiles(folder: string): readonly string[] | undefined {
  if (!isFolder(folder)) {
    requireNewFolder(folder);
    return undefined;
  }
  const [first] = listFolder(folder);
  if (first === undefined) {
    return undefined;
  }
  const list = pathIn(folder, LIST_FILE);
  const earlier = exists(list) ? listSchema.safeParse(parsedJson(readText(list))).data : undefined;
  if (earlier === undefined) {
    throw new UserError(
      'exists',
      `${folder} is not empty (contains ${first}) and not an earlier build of the studio: choose another folder`,
    );
  }
  return earlier.files;
}

/** A file's content; static pages carry their content security policy, and are marked as static. */
function readContent(files: StudioFiles, name: string, url: string | undefined): FileContent {
  const content = files.find(name);
  if (content === undefined) {
    throw new UserError('io', `${name} disappeared during the build: build again`);
  }
  if ('text' in content) {
    return content.text;
  }
  if (name.endsWith('.html')) {
    return readText(content.file)
      .replace(
        '<head>',
        `<head><meta http-equiv="Content-Security-Policy" content="${contentPolicy}"><meta name="studio" content="static">`,
      )
      .replace('content="./preview.png"', () => `content="${url ?? './'}preview.png"`);
  }
  return content.isCompressed ? decompressed(content.file) : readBlocks(content.file);
}
