// Downloads a file completely or not at all: resumes interrupted downloads, and verifies the result.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { UserError } from '../../errors.ts';
import type { ClosedFolder } from '../../storage/closedFolder.ts';
import { withFile } from '../../storage/fileBytes.ts';
import { ResumableFile } from '../../storage/resumableFile.ts';
import { visibleText } from '../../visibleText.ts';

/** A published file. */
export interface RemoteFile {
  readonly url: string;
  readonly bytes: number;
  /** The SHA-256 of its bytes, in hexadecimal. */
  readonly sha256: string;
}

/** The options of `download`. */
export interface DownloadOptions {
  /** Stops the download; the part received so far is kept for the next call. */
  readonly signal?: AbortSignal;
  /** Called with the number of bytes received so far, including those of earlier calls. */
  onProgress?(bytes: number): void;
  /** Called with the reason, in one line, before each retry. */
  onRetry?(reason: string): void;
  /** The maximum number of consecutive retries without receiving a byte; 5 by default. */
  readonly retries?: number;
  /** The pause before the first retry, doubled each time; 1000 by default. */
  readonly pauseMilliseconds?: number;
  /** A connection that is silent for this long is closed; 30,000 by default. */
  readonly stallMilliseconds?: number;
}

/** A failure that is worth retrying. */
class Interrupted extends Error {}

/** Read at once while the checksum is computed. */
const CHUNK = 2 ** 20;

/**
 * Downloads a file to `path` in a folder, without following links. Until it is complete and verified, it is stored as
 * `NAME.partial`, with the server's identifier of this version in `NAME.partial.json`. A later call resumes if the
 * server still has that version, and starts over if not.
 *
 * @returns whether the file was downloaded; false if the signal stopped it
 * @throws UserError if the server refuses, the connection fails repeatedly, or the file is not the published
 *   one; file system errors unchanged
 */
export async function download(
  remote: RemoteFile,
  folder: ClosedFolder,
  path: string,
  options: DownloadOptions = {},
): Promise<boolean> {
  const { signal, onRetry, retries = 5, pauseMilliseconds = 1000 } = options;
  const part = new ResumableFile(folder, path);
  for (let failures = 0; !signal?.aborted; ) {
    const before = part.size;
    try {
      await fetchRest(remote, part, options);
      await requirePublished(remote, part);
      part.finish();
      return true;
    } catch (error) {
      if (signal?.aborted) {
        return false;
      }
      if (!(error instanceof Interrupted)) {
        throw error;
      }
      failures = part.size > before ? 1 : failures + 1;
      if (failures > retries) {
        throw new UserError('io', `${remote.url}: ${error.message}; run it again to resume`, {
          cause: error,
        });
      }
      onRetry?.(`${error.message}; trying again`);
      // Rejects only if the signal aborts, which the loop condition handles.
      await pause(pauseMilliseconds * 2 ** (failures - 1), undefined, { signal }).catch(() => {});
    }
  }
  return false;
}

/** Fetches the missing part of a file and appends it. */
async function fetchRest(remote: RemoteFile, part: ResumableFile, options: DownloadOptions): Promise<void> {
  let start = part.size;
  const version = start > 0 ? versionOf(part, remote.url) : undefined;
  if (start >= remote.bytes || version === undefined) {
    // Complete, but not yet verified or renamed; or of an unknown version.
    if (start === remote.bytes) {
      return;
    }
    start = 0;
  }
  const headers: Record<string, string> =
    version !== undefined && start > 0 ? { Range: `bytes=${start}-`, 'If-Range': version } : {};
  const response = await request(remote.url, headers, options);
  try {
    if (response.statusCode === 206 && !response.headers['content-range']?.startsWith(`bytes ${start}-`)) {
      throw new UserError(
        'io',
        `${remote.url}: the server sent a different part than requested; download it manually`,
      );
    }
    if (response.statusCode === 200) {
      start = 0;
    }
    part.open(start, JSON.stringify({ url: remote.url, version: versionIn(response) }));
    await append(response, part, { start, remote, ...options });
  } finally {
    response.destroy();
  }
}

/** Appends the body of a response. */
async function append(
  response: IncomingMessage,
  part: ResumableFile,
  { start, remote, onProgress, signal }: DownloadOptions & { start: number; remote: RemoteFile },
): Promise<void> {
  let bytes = start;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (bytes + chunk.length > remote.bytes) {
        part.discard();
        throw wrongFile(remote, `more than ${remote.bytes} bytes`);
      }
      part.write(chunk, bytes);
      bytes += chunk.length;
      onProgress?.(bytes);
      if (signal?.aborted) {
        throw new Interrupted('stopped');
      }
    }
    part.flush();
  } catch (error) {
    // Connection errors are retried; file system errors carry a path or a system call.
    throw isConnectionError(error)
      ? new Interrupted(interruptedText(bytes, remote, (error as Error).message))
      : error;
  } finally {
    part.close();
  }
  if (bytes < remote.bytes) {
    if (response.complete && response.headers['content-length'] !== undefined) {
      part.discard();
      throw wrongFile(remote, `${bytes} of ${remote.bytes} bytes`);
    }
    throw new Interrupted(interruptedText(bytes, remote, 'the server closed the connection'));
  }
}

/** The response to a GET request after following redirects; its body has not been read. */
async function request(
  url: string,
  headers: Record<string, string>,
  options: DownloadOptions,
  redirects = 5,
): Promise<IncomingMessage> {
  const response = await responseTo(url, headers, options);
  const { statusCode = 0, statusMessage } = response;
  if (statusCode === 200 || statusCode === 206) {
    return response;
  }
  response.destroy();
  const { location } = response.headers;
  if (statusCode >= 300 && statusCode < 400 && location !== undefined && redirects > 0) {
    return request(redirected(url, location), headers, options, redirects - 1);
  }
  const answer = `the server returned ${statusCode} ${statusMessage ?? ''}`.trim();
  if (statusCode >= 500 || statusCode === 429) {
    throw new Interrupted(answer);
  }
  throw new UserError('io', `${url}: ${answer}; download it manually`);
}

/** Where a server redirects to; throws UserError if nothing can be fetched from there. */
function redirected(url: string, location: string): string {
  const target = URL.canParse(location, url) ? new URL(location, url) : undefined;
  if (target?.protocol !== 'https:' && target?.protocol !== 'http:') {
    const shown = visibleText(location.slice(0, 80));
    throw new UserError('io', `${url}: the server redirects to '${shown}'; download it manually`);
  }
  return target.href;
}

async function responseTo(
  url: string,
  headers: Record<string, string>,
  { signal, stallMilliseconds = 30_000 }: DownloadOptions,
): Promise<IncomingMessage> {
  const get = url.startsWith('https:') ? getHttps : getHttp;
  // Not fetch: it would decompress a .gz served with Content-Encoding, but the checksum is for the .gz.
  const sent = get(url, {
    headers: { ...headers, 'Accept-Encoding': 'identity' },
    ...(signal && { signal }),
  });
  sent.setTimeout(stallMilliseconds, () => {
    sent.destroy(new Error(`no data for ${stallMilliseconds / 1000} s`));
  });
  // A connection can close without an error, as after an answer with status 101.
  const closed = once(sent, 'close').then((): never => {
    throw new Error('it closed the connection without a response');
  });
  try {
    const [response] = (await Promise.race([once(sent, 'response'), closed])) as [IncomingMessage];
    // Errors that occur while the body is being read are thrown there too.
    sent.on('error', (error) => response.destroy(error));
    return response;
  } catch (error) {
    throw new Interrupted(`no connection to ${new URL(url).host} (${(error as Error).message})`, {
      cause: error,
    });
  }
}

/** Verifies the checksum, and removes the file if it is not the published one. */
async function requirePublished(remote: RemoteFile, part: ResumableFile): Promise<void> {
  const hash = createHash('sha256');
  await withFile(part.partial, async (file) => {
    for (let offset = 0; offset < file.size; offset += CHUNK) {
      hash.update(await file.read(offset, Math.min(CHUNK, file.size - offset)));
    }
  });
  const found = hash.digest('hex');
  if (found !== remote.sha256) {
    part.discard();
    throw wrongFile(remote, `SHA-256 ${found} instead of ${remote.sha256}`);
  }
}

function wrongFile({ url }: RemoteFile, what: string): UserError {
  return new UserError(
    'invalid-data',
    `${url}: the downloaded file is not the published one (${what}) and was removed; try again later`,
  );
}

function interruptedText(bytes: number, remote: RemoteFile, why: string): string {
  return `interrupted after ${bytes} of ${remote.bytes} bytes (${why})`;
}

function isConnectionError(error: unknown): boolean {
  const { syscall, path } = error as NodeJS.ErrnoException;
  return (
    !(error instanceof UserError || error instanceof Interrupted) &&
    path === undefined &&
    syscall !== 'write' &&
    syscall !== 'fsync'
  );
}

/** The server's version of the file that the part belongs to; undefined if unknown. */
function versionOf(part: ResumableFile, url: string): string | undefined {
  const note = part.readNote();
  if (note === undefined) {
    return undefined;
  }
  try {
    const stored = JSON.parse(note) as { url?: unknown; version?: unknown } | null;
    return stored?.url === url && typeof stored.version === 'string' ? stored.version : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}

/** The server's identifier of the version that a response is of; undefined if it has none. */
function versionIn({ headers }: IncomingMessage): string | undefined {
  const { etag } = headers;
  // A weak tag does not guarantee equal bytes, so it must not be used with ranges.
  return etag !== undefined && !etag.startsWith('W/') ? etag : headers['last-modified'];
}
