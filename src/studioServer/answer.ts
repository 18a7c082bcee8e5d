// Answers a request to the studio: with a file, a list or an error.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { refusalOf } from './callers.ts';
import type { StudioFiles } from './files.ts';
import { answerHeaders, typeOf } from './headers.ts';
import { sendFile } from './sendFile.ts';

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
    const refusal = refusalOf(request.headers, host);
    const path = pathOf(request.url ?? '');
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
        'content-type': typeOf(path!),
        // Asset names change with their contents; other files may change at any time.
        'cache-control': path!.startsWith('assets/') ? 'max-age=31536000, immutable' : 'no-store',
      };
      if ('text' in content) {
        response.writeHead(200, described).end(content.text);
      } else {
        const { file, compressed } = content;
        // A part is one of the file itself.
        const isCompressed =
          compressed !== undefined &&
          request.headers.range === undefined &&
          /\bgzip\b/.test(String(request.headers['accept-encoding']));
        sendFile(request, response, isCompressed ? compressed : file, {
          ...described,
          ...(compressed !== undefined && { vary: 'accept-encoding' }),
          ...(isCompressed && { 'content-encoding': 'gzip' }),
        });
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
function pathOf(target: string): string | undefined {
  const [path = ''] = target.split('?');
  if (path === '/') {
    return 'index.html';
  }
  try {
    const parts = path.split('/').map(decodeURIComponent);
    const isSound = (part: string): boolean => !['', '.', '..'].includes(part) && !/[/\\\0]/.test(part);
    return parts[0] === '' && parts.slice(1).every(isSound) ? parts.slice(1).join('/') : undefined;
  } catch {
    // An invalid percent-encoding.
    return undefined;
  }
}
