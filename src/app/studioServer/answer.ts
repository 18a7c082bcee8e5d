// Answers a request to the studio: with a file, a list or an error.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { decompressed, type StudioFiles } from './files.ts';
import { answerHeaders, mediaType } from './headers.ts';
import { sendFile } from './sendFile.ts';

const vary = 'accept-encoding';
/** The headers of a compressed file. */
const compressed = { vary, 'content-encoding': 'gzip' };

/**
 * Answers a request.
 *
 * @param host the address to listen on, as given by the user
 */
export function answer(
  request: IncomingMessage,
  response: ServerResponse,
  files: StudioFiles,
  host: string,
): void {
  for (const [name, value] of Object.entries(answerHeaders)) {
    response.setHeader(name, value);
  }
  try {
    const refusal = findRefusal(request.headers, host);
    const path = parsePath(request.url ?? '');
    const content = refusal === undefined && path !== undefined ? files.find(path) : undefined;
    if (refusal !== undefined) {
      say(response, 403, refusal);
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      say(response, 405, 'the studio is read-only');
    } else if (content === undefined) {
      say(response, 404, 'not found');
    } else {
      const described = {
        'content-type': mediaType(path!),
        // Asset names change with their contents; other files may change at any time.
        'cache-control': path!.startsWith('assets/') ? 'max-age=31536000, immutable' : 'no-store',
      };
      if ('text' in content) {
        response.writeHead(200, described).end(content.text);
      } else {
        const { file, isCompressed } = content;
        const { range, 'accept-encoding': accepted } = request.headers;
        if (!isCompressed) {
          sendFile(request, response, file, described);
        } else if (range === undefined && /\bgzip\b/.test(String(accepted))) {
          sendFile(request, response, file, { ...described, ...compressed });
        } else {
          const bytes = decompressed(file);
          response.writeHead(200, { ...described, vary, 'content-length': bytes.length }).end(bytes);
        }
      }
    }
  } catch (error) {
    // An error in one file must not stop the server.
    if (response.headersSent) {
      response.destroy();
      return;
    }
    say(response, 500, error instanceof Error ? error.message : String(error));
  }
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`${text}\n`);
}

/** The path in a request's target; undefined if it is not a valid path below the page. */
function parsePath(target: string): string | undefined {
  const [path = ''] = target.split('?');
  if (path === '/') {
    return 'index.html';
  }
  try {
    const parts = path.split('/').map(decodeURIComponent);
    const isSound = (part: string): boolean => !['', '.', '..'].includes(part) && !/[/\0]/.test(part);
    return parts[0] === '' && parts.slice(1).every(isSound) ? parts.slice(1).join('/') : undefined;
  } catch {
    // An invalid percent-encoding.
    return undefined;
  }
}

/**
 * Why a request is refused; undefined if it isn't. Other sites can point their host names at this machine (DNS
 * rebinding), so the request's host must be an address or a name of this machine.
 *
 * @param host the address to listen on, as given by the user
 */
function findRefusal(
  { host: askedHost = '', origin, ...headers }: IncomingHttpHeaders,
  host: string,
): string | undefined {
  const name = askedHost
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  const isOurs = isLoopback(name) || (!isLoopback(host) && (isIP(name) !== 0 || name === host.toLowerCase()));
  if (!isOurs) {
    return isLoopback(host)
      ? 'unknown host name: open the studio at the address it printed'
      : 'unknown host name: open the studio at the IP address of its machine, or start it with --host and this name';
  }
  // Browsers send an origin only with requests by scripts; with others, such as images, only sec-fetch-site.
  const isForeign = !['same-origin', 'none', undefined].includes(
    headers['sec-fetch-site'] as string | undefined,
  );
  const isLink = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  if ((origin !== undefined && origin !== `http://${askedHost}`) || (isForeign && !isLink)) {
    return 'other sites may not use the studio';
  }
  return undefined;
}

/** Whether a host is a name or an address that always means this machine. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
