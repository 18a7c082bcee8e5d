// A secret of the user's account, which recognises again what the account has made.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { exists, readText, requireExists } from './files.ts';

/**
 * The mark of a text, which nobody without the account's key can make. The key is created with the first mark, in
 * the state folder of the account (`XDG_STATE_HOME`, by default `~/.local/state`). A missing home folder is not created:
 * some system accounts have none, and root could create it anywhere.
 *
 * @returns undefined if the key cannot be read or created, such as without a home folder
 */
export function createMark(text: string): string | undefined {
  try {
    return markWith(readKey() ?? createKey(), text);
  } catch (error) {
    if (error instanceof UserError || (error instanceof Error && 'syscall' in error)) {
      return undefined;
    }
    throw error;
  }
}

/** Whether a mark of a text was made by this account. */
export function isOwnMark(mark: string, text: string): boolean {
  const key = readKey();
  if (key === undefined) {
    return false;
  }
  const [actual, expected] = [Buffer.from(mark), Buffer.from(markWith(key, text))];
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

function markWith(key: string, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex');
}

/** The path of the key, and the folder that must exist before it is created. */
function keyLocation(): { readonly path: string; readonly base: string } {
  const { XDG_STATE_HOME: chosen } = process.env;
  const state = chosen || join(homedir(), '.local', 'state');
  return { path: join(state, 'emerging-flows', 'account.key'), base: chosen ? dirname(chosen) : homedir() };
}

/** The key; undefined if there is none, or the file does not hold one, as after a crash. */
function readKey(): string | undefined {
  const { path } = keyLocation();
  const key = exists(path) ? readText(path) : '';
  return /^[0-9a-f]{64}$/.test(key) ? key : undefined;
}

function createKey(): string {
  const { path, base } = keyLocation();
  requireExists(base);
  const key = randomBytes(32).toString('hex');
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(path, key, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
      throw error;
    }
    // Another process has created one meanwhile, or a crash has left a part of one.
    const otherKey = readKey();
    if (otherKey !== undefined) {
      return otherKey;
    }
    rmSync(path, { force: true });
    writeFileSync(path, key, { flag: 'wx', mode: 0o600 });
  }
  return key;
}
