// Which requests a studio answers: those from its own page, under a host name that other sites can't use.
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/** Host names that always mean this machine. */
const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Why a request is refused; undefined if it isn't. Other sites can point their host names at this machine (DNS
 * rebinding), so the request's host must be an address or a name of this machine.
 *
 * @param host the address to listen on, as given by the user
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
    return 'unknown host name: open the studio at the address it printed';
  }
  // Browsers send an origin only with requests by scripts; with others, such as images, only sec-fetch-site.
  const isForeign = !['same-origin', 'none', undefined].includes(
    headers['sec-fetch-site'] as string | undefined,
  );
  const isLink = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  if ((origin !== undefined && origin !== `http://${asked}`) || (isForeign && !isLink)) {
    return 'other sites may not use the studio';
  }
  return undefined;
}

/** Whether a host is a loopback address. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
