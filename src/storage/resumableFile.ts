// A file written over several calls, such as a download; it is called `NAME.partial` until it is complete.
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  openSync,
  writeSync,
} from 'node:fs';
import type { ClosedFolder } from './closedFolder.ts';
import { readText } from './files.ts';
import { moveIntoPlace, openPartial } from './partialFiles.ts';

/** The most bytes of a note: servers' identifiers of versions are far shorter. */
const LARGEST_NOTE = 2 ** 16;

/** Not through a link, and without waiting for the reader of a FIFO. */
const toResume = constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * The existing part of a file, with a note about it in `NAME.partial.json`. Only a file that an earlier call can have left
 * is continued: links, files with other hard links, folders and FIFOs are not written to. Methods throw the system's
 * errors unless stated otherwise.
 */
export class ResumableFile {
  /** The path of the part. */
  readonly partial: string;
  private readonly path: string;
  private readonly note: string;
  private readonly folder: ClosedFolder;
  private file: number | undefined;

  /** @throws UserError if the path leads through a link in the folder */
  constructor(folder: ClosedFolder, path: string) {
    folder.requireNoLink(path);
    this.folder = folder;
    this.path = path;
    this.partial = `${path}.partial`;
    this.note = `${this.partial}.json`;
  }

  /** The number of bytes so far; 0 if there is nothing to continue. */
  get size(): number {
    return ownSize(this.partial) ?? 0;
  }

  /** The note about the part; undefined if there is none that an earlier call can have left. */
  readNote(): string | undefined {
    const size = ownSize(this.note);
    return size === undefined || size > LARGEST_NOTE ? undefined : readText(this.note, LARGEST_NOTE);
  }

  /** Opens the part to write from byte `start`, with a new note. A longer part is cut, and a shorter one is replaced. */
  open(start: number, note: string): void {
    const bytes = new TextEncoder().encode(note);
    const noteFile = openPartial(this.note);
    try {
      writeSync(noteFile, bytes);
    } finally {
      closeSync(noteFile);
    }
    if (start === 0 || this.size < start) {
      this.file = openPartial(this.partial);
      return;
    }
    this.file = openSync(this.partial, toResume);
    if (!isOwn(fstatSync(this.file))) {
      this.close();
      throw new Error(`${this.partial} was replaced while it was opened`);
    }
    ftruncateSync(this.file, start);
  }

  /** Writes all of these bytes at a position; the part must be open. */
  write(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(this.file!, bytes, done, bytes.length - done, position + done);
    }
  }

  /** Flushes what was written to disk; the part must be open. */
  flush(): void {
    fsyncSync(this.file!);
  }

  /** Closes the part, which stays for the next call. */
  close(): void {
    if (this.file !== undefined) {
      closeSync(this.file);
      this.file = undefined;
    }
  }

  /** Moves the complete part into place. */
  finish(): void {
    moveIntoPlace(this.partial, this.path);
    this.folder.remove(this.note);
  }

  /** Removes the part and its note. */
  discard(): void {
    this.close();
    this.folder.remove(this.partial);
    this.folder.remove(this.note);
  }
}

/** The size of a regular file without other hard links; undefined if there is none. */
function ownSize(path: string): number | undefined {
  const status = lstatSync(path, { throwIfNoEntry: false });
  return status !== undefined && isOwn(status) ? status.size : undefined;
}

function isOwn(status: { isFile(): boolean; nlink: number }): boolean {
  return status.isFile() && status.nlink === 1;
}
