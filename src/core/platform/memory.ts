// Whether memory suffices, asked before it is allocated.
import { UserError } from '../errors.ts';
import { availableBytes } from './machine.node.ts';

function showGiB(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

/**
 * Rejects what needs more memory than is available.
 *
 * @param subject the subject of the message, in the plural
 * @param remedy what to do instead
 * @param available the bytes that may be allocated; by default all that the system says
 * @throws UserError (`out-of-memory`)
 */
export function requireMemory(
  subject: string,
  bytes: number,
  remedy: string,
  available: number = availableBytes(),
): void {
  if (bytes > available) {
    throw new UserError(
      'out-of-memory',
      `${subject} take ${showGiB(bytes)} of memory, but only ${showGiB(available)} is available: ${remedy}`,
    );
  }
}
