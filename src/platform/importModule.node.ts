// Imports a module of the user for what it does.
import { UserError } from '../errors.ts';

/**
 * Imports a module by its URL.
 *
 * @throws UserError if there is none, or it fails
 */
export async function importModule(url: string): Promise<void> {
  try {
    await import(url);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError('invalid-argument', `the module ${url} cannot be imported: ${reason}`, { cause });
  }
}
