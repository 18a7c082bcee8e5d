// Refuses links that lead out of a folder of images, which a stranger may have planted, unless the user allows them.
import { UserError } from '../../errors.ts';

/** The remedy, for errors. */
export const ownLinks = 'set EMERGING_LINKS=follow if the links are your own';

/** Whether the user allows links to lead anywhere. */
export function followsLinksOut(env: NodeJS.ProcessEnv = process.env): boolean {
  return env.EMERGING_LINKS === 'follow';
}

/**
 * Refuses a folder with links to files outside it.
 *
 * @param links their names
 * @throws UserError (`invalid-data`) that counts them, unless `followsLinksOut`
 */
export function requireNoLinksOut(path: string, links: readonly string[]): void {
  if (links.length > 0 && !followsLinksOut()) {
    const count = links.length === 1 ? 'a link in it leads' : `${links.length} links in it lead`;
    throw new UserError(
      'invalid-data',
      `${path}: ${count} to files elsewhere, such as ${links[0]}: ${ownLinks}, or replace them with copies`,
    );
  }
}
