// The server of a studio: it answers the page of this machine's browser, reads files, and writes none.
import { closeSync, createReadStream, fstatSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UserError } from '../errors.ts';
import { openRegularFile } from '../storage/fileBytes.ts';
import { hasCode } from '../storage/fileErrors.ts';
import { refusalOf } from './callers.ts';
import type { Content, StudioFiles } from './files.ts';
import { answerHeaders, typeOf } from './headers.ts';

/** Where a studio listens. */
export interface StudioAddress {
  /** The name or address of a network interface of this machine. */
  readonly host: string;
  /** By default a fixed one, or any if that is taken. */
  readonly port?: number | undefined;
}

/** A studio that answers. */
export interface RunningStudio {
  readonly url: string;
  /** Ends it, and its open connections. */
  close(): Promise<void>;
}

/** The port unless another is chosen: a fixed one, so that links to the studio stay valid. */
export const USUAL_PORT = 4680;

/**
 * Serves a studio.
 *
 * @throws UserError if it cannot listen there
 */
export async function serveStudio(files: StudioFiles, address: StudioAddress): Promise<RunningStudio> {
  const server = createServer((request, response) => answer(request, response, files, address.host));
  await listen(server, address);
  const { port } = server.address() as AddressInfo;
  const name = address.host.includes(':') ? `[${address.host}]` : address.host;
  return {
    url: `http://${name}:${port}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listen(server: Server, { host, port }: StudioAddress): Promise<void> {
  const listening = (at: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(at, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
  try {
    await listening(port ?? USUAL_PORT).catch((error: unknown) => {
      if (port === undefined && hasCode(error, 'EADDRINUSE')) {
        return listening(0);
      }
      throw error;
    });
  } catch (cause) {
    const where = `${host}, port ${port ?? USUAL_PORT}`;
    const why = hasCode(cause, 'EADDRINUSE')
      ? 'another program listens there; choose another port'
      : hasCode(cause, 'EACCES')
        ? 'the system does not allow it; choose a port above 1023'
        : hasCode(cause, 'EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN')
          ? 'this machine has no such address; check the host'
          : (cause as Error).message;
    throw new UserError('io', `cannot listen at ${where}: ${why}`, { cause });
  }
}

function answer(request: IncomingMessage, response: ServerResponse, files: StudioFiles, host: string): void {
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
      say(response, 405, 'the studio only reads');
    } else if (content === undefined) {
      say(response, 404, 'there is nothing here');
    } else {
      send(request, response, path!, content);
    }
  } catch (error) {
    // Whatever is wrong with one file, the others are still there.
    say(response, 500, error instanceof Error ? error.message : String(error));
  }
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`${text}\n`);
}

/** The path in a request's target; undefined if it is none of a file below the page. */
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
    // A % that begins no character.
    return undefined;
  }
}

function send({ headers }: IncomingMessage, response: ServerResponse, path: string, content: Content): void {
  const described = {
    'content-type': typeOf(path),
    // The names of these files change with their contents; everything else may change at any moment.
    'cache-control': path.startsWith('assets/') ? 'max-age=31536000, immutable' : 'no-store',
  };
  if ('text' in content) {
    response.writeHead(200, described).end(content.text);
    return;
  }
  const file = openRegularFile(content.file);
  const { size } = fstatSync(file);
  const part = partOf(headers.range, size);
  if (part === 'none') {
    closeSync(file);
    response.writeHead(416, { 'content-range': `bytes */${size}`, 'cache-control': 'no-store' }).end();
    return;
  }
  const { start, end } = part ?? { start: 0, end: size - 1 };
  response.writeHead(part ? 206 : 200, {
    ...described,
    'content-length': end - start + 1,
    ...(part && { 'content-range': `bytes ${start}-${end}/${size}` }),
  });
  if (size === 0) {
    closeSync(file);
    response.end();
    return;
  }
  // Not more than was said, should it grow meanwhile.
  const stream = createReadStream('', { fd: file, start, end });
  stream.on('error', () => response.destroy());
  response.on('close', () => stream.destroy());
  stream.pipe(response);
}

/**
 * The part of a file that a page asks for, as of a log that grows: `bytes=1000-` or `bytes=1000-1999`. Other forms are
 * answered with the whole file, as the standard allows.
 *
 * @returns `none` if the file ends before it; undefined if no part is asked for
 */
function partOf(
  range: string | undefined,
  size: number,
): { start: number; end: number } | 'none' | undefined {
  const [, first, last] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(range ?? '') ?? [];
  if (first === undefined) {
    return undefined;
  }
  const start = Number(first);
  const end = Math.min(size - 1, last ? Number(last) : size - 1);
  return start < size && start <= end ? { start, end } : 'none';
}
