// Who may ask a studio: pages that it has served itself, under a name that no one else can give to this machine.
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/** The names of this machine that only this machine can mean. */
const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Why a request is refused; undefined if it is not. A page elsewhere can point a name of its own at this machine (DNS
 * rebinding), so the request must name the host by a name of ours; an address cannot be pointed elsewhere.
 *
 * @param host where the server listens, as the user has said it
 */
export function refusalOf(
  { host: asked = '', origin, ...headers }: IncomingHttpHeaders,
  host: string,
): string | undefined {
  const name = asked.replace(/:\d+$/, '').toLowerCase();
  const isAddress = isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
  const isOurs =
    loopbackNames.includes(name) || (!isLoopback(host) && (isAddress || name === host.toLowerCase()));
  if (!isOurs) {
    return 'the studio does not answer to this name';
  }
  // Browsers send an origin only for scripts; for everything else, such as pictures, only whether the site is the same.
  const isForeign = !['same-origin', 'none', undefined].includes(
    headers['sec-fetch-site'] as string | undefined,
  );
  const isLink = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  if ((origin !== undefined && origin !== `http://${asked}`) || (isForeign && !isLink)) {
    return 'the studio answers its own page only';
  }
  return undefined;
}

/** Whether a host is this machine itself. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
