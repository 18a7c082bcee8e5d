// A studio as static files, for any host.
import * as z from 'zod/mini';
import { UserError } from '../errors.ts';
import { ClosedFolder } from '../storage/closedFolder.ts';
import { blocksOf } from '../storage/fileBytes.ts';
import { exists, type FileContent, isFolder, readText } from '../storage/files.ts';
import { folderOf, listFolder, makeFolders, pathIn } from '../storage/folders.ts';
import { requireDistinctFiles, staysInFolder } from '../storage/newFolder.ts';
import type { StudioFiles } from './files.ts';
import { contentPolicy } from './headers.ts';

/** Lists the files of a site in its folder, so that the next build replaces these and no others. */
const LIST_FILE = 'studio-files.json';

const listSchema = z.object({ files: z.array(z.string().check(z.refine(staysInFolder))) });

/**
 * Checks that `writeSite` may write there: the folder is new, empty, or holds an earlier site.
 *
 * @throws UserError (`exists`) if not
 */
export function requireSiteFolder(folder: string): void {
  earlierFiles(folder);
}

/**
 * Writes a studio into a folder. Files of an earlier site there are replaced or removed, and no others.
 *
 * @returns the number of files
 * @throws UserError if something else is in the folder, or the disk does not allow it
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
  // The list first: should the disk become full, what was written is known to be a site's.
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
  const earlier = exists(list) ? listSchema.safeParse(parsed(readText(list))).data : undefined;
  if (earlier === undefined) {
    throw new UserError(
      'exists',
      `${folder} is not empty (${first} is in it) and no earlier build of the studio: choose another folder`,
    );
  }
  return earlier.files;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No list of ours.
    return undefined;
  }
}

function makeFoldersIn(site: ClosedFolder, inside: string): void {
  if (inside !== '.') {
    makeFoldersIn(site, folderOf(inside));
    site.makeFolder(pathIn(site.path, inside));
  }
}

/** A file's content; a page that cannot count on a server says so, and itself what it may load. */
function contentOf(files: StudioFiles, name: string): FileContent {
  const content = files.find(name);
  if (content === undefined) {
    throw new UserError('io', `${name} has disappeared while the site was written: build it again`);
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
