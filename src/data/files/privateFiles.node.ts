// The private file system of a browser, which Node does not have: `privateFiles.web.ts` is the file for a page.
import { UserError } from '../../core/errors.ts';
import type { FileStore } from './fileStore.ts';

/**
 * The files of a run in the browser's private file system for this page's origin.
 *
 * @param name of the run
 * @throws UserError (`unsupported`) in Node, where a run has a folder; (`invalid-argument`) for an invalid file name
 */
export async function open(name: string): Promise<FileStore> {
  throw notInNode(`privateFiles.open('${name}')`);
}

/**
 * The names of the runs in the browser's private file system, in order.
 *
 * @throws UserError (`unsupported`) in Node
 */
export async function list(): Promise<string[]> {
  throw notInNode('privateFiles.list()');
}

/**
 * Removes a run from the browser's private file system, if it is there.
 *
 * @throws UserError (`unsupported`) in Node; (`locked`) while it is trained
 */
export async function remove(name: string): Promise<void> {
  throw notInNode(`privateFiles.remove('${name}')`);
}

function notInNode(call: string): UserError {
  return new UserError(
    'unsupported',
    `${call}: only a browser has a private file system; in Node, name a run folder`,
  );
}
