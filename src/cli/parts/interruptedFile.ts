// What an interrupted command has written of a file: kept next to it, to resume.
import { UserError } from '../../errors.ts';
import {
  entryAt,
  exists,
  fileSize,
  realPath,
  removeFile,
  renameFile,
  type WrittenParts,
} from '../../storage/files.ts';
import { partialFilesOf } from '../../storage/partialFiles.ts';
import { formatBytes } from '../terminal/format.ts';
import { noteOnStderr } from '../terminal/output.ts';

/** What earlier calls for one output have left. */
export interface InterruptedFile {
  /** The file to resume; undefined if there is none, or it isn't wanted. */
  readonly earlier: string | undefined;
  /** Where what this call has written is kept after an error: only if it is more than there was, and worth resuming. */
  keepAs(error: unknown, written: WrittenParts): string | undefined;
  /** Notes on stderr what there is to resume, if `keepAs` found the error worth it. */
  report(): void;
  /** Removes what is left, after the output is complete. */
  clear(): void;
}

/**
 * Looks for what earlier calls have left: a file that ends in .part, or the partial file of a process that was killed.
 *
 * @throws UserError (`not-found`) if there is nothing to resume
 */
export function interruptedFile(
  out: string,
  { resume, isStopped }: { readonly resume: boolean; isStopped(): boolean },
): InterruptedFile {
  const target = exists(out) ? realPath(out) : out;
  const part = `${target}.part`;
  const sizeOf = (path: string): number => fileSize(path) ?? 0;
  const left = (): string[] =>
    [...(entryAt(part) ? [part] : []), ...partialFilesOf(target)].sort((a, b) => sizeOf(b) - sizeOf(a));
  const [largest] = left();
  if (resume && largest === undefined) {
    throw new UserError('not-found', `nothing to resume: ${part} does not exist; leave out --resume`);
  }
  if (!resume && largest !== undefined) {
    noteOnStderr(`${largest} is from an interrupted call: --resume would continue it`);
  }
  if (resume && largest !== part) {
    // A process with the PID of the killed one, as in a container, would remove its partial file.
    renameFile(largest!, part);
  }
  const earlier = resume ? part : undefined;
  let isWorthwhile = false;
  return {
    earlier,
    keepAs(error, { parts, bytes }) {
      const code = error instanceof UserError ? error.code : undefined;
      // The first part is the start of the file, without images.
      const isMore = parts > 1 && bytes > (earlier === undefined ? 0 : sizeOf(earlier));
      // An image that the model can't take can be removed, but not one that the earlier file has otherwise.
      const isCurable = isMore && (code === 'mismatch' || code === 'unsupported');
      isWorthwhile = isStopped() || code === 'io' || isCurable;
      return isWorthwhile && isMore ? part : undefined;
    },
    report() {
      const [kept] = left();
      if (isWorthwhile && kept !== undefined) {
        noteOnStderr(
          `${kept} has what is done (${formatBytes(sizeOf(kept))}): repeat the call with --resume`,
        );
      }
    },
    clear() {
      left().forEach(removeFile);
    },
  };
}
