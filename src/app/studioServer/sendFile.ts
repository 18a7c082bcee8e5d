// Streams a file as the answer to a request, and always closes it.
import { closeSync, createReadStream, fstatSync } from 'node:fs';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { openRegularFile } from '../../data/files/index.node.ts';

/** The time allowed for any answer. */
const GRACE_MS = 30_000;
/** The average speed that a slower reader must keep. */
const SLOWEST_BYTES_PER_MS = 64;

/**
 * Sends a file, or the requested part of it.
 *
 * @throws UserError if it cannot be opened
 */
export function sendFile(
  { method, headers }: IncomingMessage,
  response: ServerResponse,
  path: string,
  described: OutgoingHttpHeaders,
): void {
  const file = openRegularFile(path);
  let stream: ReturnType<typeof createReadStream> | undefined;
  try {
    const { size } = fstatSync(file);
    const part = parseRange(headers.range, size);
    if (part === 'none') {
      response.writeHead(416, { 'content-range': `bytes */${size}`, 'cache-control': 'no-store' }).end();
      return;
    }
    const { start, end } = part ?? { start: 0, end: size - 1 };
    const length = end - start + 1;
    response.writeHead(part ? 206 : 200, {
      ...described,
      'content-length': length,
      ...(part && { 'content-range': `bytes ${start}-${end}/${size}` }),
    });
    if (method === 'HEAD' || length === 0) {
      response.end();
      return;
    }
    // No more than announced, even if the file grows.
    stream = createReadStream('', { fd: file, start, end });
    const slowest = setTimeout(() => response.destroy(), GRACE_MS + length / SLOWEST_BYTES_PER_MS);
    // If the file has shrunk, closing the connection tells the reader that the rest is missing.
    stream.on('end', () => stream!.bytesRead < length && response.destroy());
    pipeline(stream, response, () => clearTimeout(slowest));
  } finally {
    if (stream === undefined) {
      closeSync(file);
    }
  }
}

/**
 * The part of a file that a page requests, as for a growing log: `bytes=1000-` or `bytes=1000-1999`. Other forms get the
 * whole file, as the standard allows.
 *
 * @returns `none` if the file ends before it; undefined if the whole file is requested
 */
function parseRange(
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
