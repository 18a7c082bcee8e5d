// Writes a studio as static files for any host.
import * as z from 'zod/mini';
import { UserError } from '../errors.ts';
import { ClosedFolder } from '../storage/closedFolder.ts';
import { blocksOf } from '../storage/fileBytes.ts';
import type { FileContent } from '../storage/fileStore.ts';
import { exists, isFolder, readText } from '../storage/files.ts';
import { folderOf, listFolder, makeFolders, pathIn } from '../storage/folders.ts';
import { parsedJson } from '../storage/jsonText.ts';
import { requireDistinctFiles, staysInFolder } from '../storage/newFolder.ts';
import type { StudioFiles } from './files.ts';
import { contentPolicy } from './headers.ts';

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
 * Writes a studio into a folder. Only files of an earlier site are replaced or removed.
 *
 * @returns the number of files
 * @throws UserError if the folder contains other files, or writing fails
 */
export function writeSite(folder: string, files: StudioFiles): number {
  const earlier = earlierFiles(folder);
  const names = files.list();
  requireDistinctFiles(names);
  makeFolders(folder);
  const site = new ClosedFolder(folder);
  const write = (name: string, content: FileContent): void => {
    makeFoldersIn(site, folderOf(name));
    site.write(pathIn(folder, name), content);
  };
  // Write the list first, so that a build interrupted by a full disk is recognised as a site.
  write(LIST_FILE, `${JSON.stringify({ files: [...new Set([...earlier, ...names])] }, null, 2)}\n`);
  for (const name of names) {
    write(name, contentOf(files, name));
  }
  for (const name of earlier.filter((one) => !names.includes(one))) {
    site.remove(pathIn(folder, name));
  }
  write(LIST_FILE, `${JSON.stringify({ files: names }, null, 2)}\n`);
  return names.length;
}

/** The files of the earlier site in a folder; none if it is new or empty. */
function earlierFiles(folder: string): readonly string[] {
  if (exists(folder) && !isFolder(folder)) {
    throw new UserError('exists', `cannot build in ${folder}: it is a file; choose another name`);
  }
  const [first] = exists(folder) ? listFolder(folder) : [];
  if (first === undefined) {
    return [];
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

function makeFoldersIn(site: ClosedFolder, inside: string): void {
  if (inside !== '.') {
    makeFoldersIn(site, folderOf(inside));
    site.makeFolder(pathIn(site.path, inside));
  }
}

/** A file's content; static pages carry their content security policy, and are marked as static. */
function contentOf(files: StudioFiles, name: string): FileContent {
  const content = files.find(name);
  if (content === undefined) {
    throw new UserError('io', `${name} disappeared during the build: build again`);
  }
  if ('text' in content) {
    return content.text;
  }
  return name.endsWith('.html')
    ? readText(content.file).replace(
        '<head>',
        `<head><meta http-equiv="Content-Security-Policy" content="${contentPolicy}"><meta name="studio" content="static">`,
      )
    : blocksOf(content.file);
}
