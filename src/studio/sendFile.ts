// A file as the answer to a request, as a stream; it is closed however the answer ends.
import { closeSync, createReadStream, fstatSync } from 'node:fs';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { openRegularFile } from '../storage/fileBytes.ts';

/** An answer may take half a minute, */
const GRACE_MS = 30_000;
/** and longer only for a reader that takes so much of it on average. */
const SLOWEST_BYTES_PER_MS = 64;

/**
 * Sends a file, or the part of it that is asked for.
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
    const part = partOf(headers.range, size);
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
    // Not more than was said, should it grow meanwhile.
    stream = createReadStream('', { fd: file, start, end });
    const slowest = setTimeout(() => response.destroy(), GRACE_MS + length / SLOWEST_BYTES_PER_MS);
    // Not less either: who waits for the rest of a file that has become shorter is told by the end of the connection.
    stream.on('end', () => stream!.bytesRead < length && response.destroy());
    pipeline(stream, response, () => clearTimeout(slowest));
  } finally {
    if (stream === undefined) {
      closeSync(file);
    }
  }
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
