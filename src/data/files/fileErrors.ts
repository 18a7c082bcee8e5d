// Error messages for failures of the file system.
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from '../../core/errors.ts';

/**
 * The error to throw in place of `error`, which came from the file system: one line with the path and what to
 * do. Errors of another kind are returned unchanged.
 *
 * @param doing what failed, as it reads after "cannot": `write`, `read`, `create the folder`
 */
export function explainFileError(error: unknown, path: string, doing: string): Error {
  if (error instanceof UserError || !(error instanceof Error) || !('code' in error)) {
    return error instanceof Error ? error : new Error(String(error));
  }
  const reason = reasonFor(String(error.code), path);
  // Errors of the system carry a syscall; others with a code are bugs in our own code.
  if (reason === undefined && !('syscall' in error)) {
    return error;
  }
  return new UserError('io', `cannot ${doing} ${path}: ${reason ?? error.message}`, { cause: error });
}

/** The error for a file that cannot be read. */
export function cannotRead(path: string, error: unknown): Error {
  return explainFileError(error, path, 'read');
}

/** The error for a file that cannot be written. */
export function cannotWrite(path: string, error: unknown): Error {
  return hasCode(error, 'ENOENT') && existsSync(dirname(path))
    ? hasNoPlace(path, error, 'write')
    : explainFileError(error, path, 'write');
}

/** The error for a folder that cannot be created, whose parents exist or were to be created. */
export function cannotCreateFolder(path: string, error: unknown): Error {
  return hasCode(error, 'ENOENT')
    ? hasNoPlace(path, error, 'create the folder')
    : explainFileError(error, path, 'create the folder');
}

/** The error if a new name is missing, which only some file systems say, such as /proc. */
function hasNoPlace(path: string, cause: unknown, doing: string): UserError {
  const why = 'its file system does not allow it; choose another location';
  return new UserError('io', `cannot ${doing} ${path}: ${why}`, { cause });
}

/** Whether an error has one of these system error codes, such as `EEXIST`. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

const permission = 'permission denied; change its owner or mode (see ls -ld), or choose another location';
const notFolder = 'there is a file where a folder is needed; choose another path';
const tooManyFiles = 'too many files are open; raise the limit (ulimit -n) or close other programs';

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the disk; free some or choose a folder on another disk',
  EDQUOT: 'the disk quota is used up; free some space or choose a folder on another disk',
  EACCES: permission,
  EPERM: permission,
  EFBIG: 'it would be larger than the system allows; raise the limit (ulimit -f) or choose another disk',
  EROFS: 'the disk is read-only; choose a folder on another disk',
  ENOTDIR: notFolder,
  EEXIST: notFolder,
  ELOOP: 'its links lead in a circle; remove them, or choose another path',
  EISDIR: 'it is a folder; name a file',
  ENAMETOOLONG: 'the name is too long; choose a shorter one',
  ERR_INVALID_ARG_VALUE: 'a name cannot contain a null character; check it',
  EMFILE: tooManyFiles,
  ENFILE: tooManyFiles,
  EIO: 'the disk reports an error (EIO); check it or choose another one',
};

/** What a system error code means for a path, and what to do; undefined for an unknown code. */
export function reasonFor(code: string, path: string): string | undefined {
  if (code === 'ENOENT') {
    // Node shows bytes that are not UTF-8 by this character, and can't open the file.
    if (path.includes('\ufffd')) {
      return 'its name is not UTF-8; rename it';
    }
    return existsSync(dirname(path))
      ? 'it does not exist; check the name'
      : `there is no folder ${dirname(path)}; create it or check the name`;
  }
  return Object.hasOwn(reasons, code) ? reasons[code] : undefined;
}

/**
 * The error for a path that is found to be unusable before it is used, with the message for the system's
 * error.
 */
export function wrongPath(
  path: string,
  doing: 'read' | 'write',
  code: 'ENOENT' | 'EISDIR' | 'ENOTDIR',
): UserError {
  const kind = code === 'ENOENT' ? 'not-found' : 'invalid-argument';
  return new UserError(kind, `cannot ${doing} ${path}: ${reasonFor(code, path)}`);
}
