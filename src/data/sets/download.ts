// Downloads a file completely or not at all: resumes interrupted downloads, and verifies the result.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  createReadStream,
  existsSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { UserError } from '../../errors.ts';
import { moveIntoPlace, resumablePath } from '../../storage/partialFiles.ts';

/** A published file. */
export interface RemoteFile {
  readonly url: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly checksum: { readonly algorithm: 'md5' | 'sha256'; readonly value: string };
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

/**
 * Downloads a file to `path`. Until it is complete and verified it is stored next to it as `NAME.partial`,
 * with the server's identifier of this version in `NAME.partial.json`: a later call resumes if the server
 * still has that version, and starts over if not.
 *
 * @returns whether the file was downloaded; false if the signal stopped it
 * @throws UserError if the server refuses, the connection fails repeatedly, or the file is not the published
 *   one; file system errors unchanged
 */
export async function download(
  remote: RemoteFile,
  path: string,
  options: DownloadOptions = {},
): Promise<boolean> {
  const { signal, onRetry, retries = 5, pauseMilliseconds = 1000 } = options;
  const partial = resumablePath(path);
  for (let failures = 0; !signal?.aborted; ) {
    const before = sizeOf(partial);
    try {
      await fetchRest(remote, partial, options);
      await requirePublished(remote, partial);
      moveIntoPlace(partial, path);
      rmSync(`${partial}.json`, { force: true });
      return true;
    } catch (error) {
      if (signal?.aborted) {
        return false;
      }
      if (!(error instanceof Interrupted)) {
        throw error;
      }
      failures = sizeOf(partial) > before ? 1 : failures + 1;
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
async function fetchRest(remote: RemoteFile, partial: string, options: DownloadOptions): Promise<void> {
  let start = sizeOf(partial);
  const version = start > 0 ? versionOf(partial, remote.url) : undefined;
  if (start >= remote.bytes || version === undefined) {
    // Complete, but not yet verified or renamed; or of an unknown version.
    if (start === remote.bytes) {
      return;
    }
    rmSync(partial, { force: true });
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
    if (response.statusCode === 200 && start > 0) {
      truncateSync(partial, 0);
      start = 0;
    }
    rememberVersion(partial, remote.url, response);
    await append(response, partial, { start, remote, ...options });
  } finally {
    response.destroy();
  }
}

/** Appends the body of a response. */
async function append(
  response: IncomingMessage,
  partial: string,
  { start, remote, onProgress, signal }: DownloadOptions & { start: number; remote: RemoteFile },
): Promise<void> {
  let bytes = start;
  let file: FileHandle | undefined;
  try {
    file = await open(partial, start > 0 ? 'r+' : 'w');
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (bytes + chunk.length > remote.bytes) {
        rmSync(partial, { force: true });
        throw wrongFile(remote, `more than ${remote.bytes} bytes`);
      }
      await file.write(chunk, 0, chunk.length, bytes);
      bytes += chunk.length;
      onProgress?.(bytes);
      if (signal?.aborted) {
        throw new Interrupted('stopped');
      }
    }
    await file.sync();
  } catch (error) {
    // Connection errors are retried; file system errors carry a path or a system call.
    throw isConnectionError(error)
      ? new Interrupted(interruptedText(bytes, remote, (error as Error).message))
      : error;
  } finally {
    await file?.close();
  }
  if (bytes < remote.bytes) {
    if (response.complete && response.headers['content-length'] !== undefined) {
      rmSync(partial, { force: true });
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
    return request(new URL(location, url).href, headers, options, redirects - 1);
  }
  const answer = `the server answered ${statusCode} ${statusMessage ?? ''}`.trim();
  if (statusCode >= 500 || statusCode === 429) {
    throw new Interrupted(answer);
  }
  throw new UserError('io', `${url}: ${answer}; download it manually`);
}

async function responseTo(
  url: string,
  headers: Record<string, string>,
  { signal, stallMilliseconds = 30_000 }: DownloadOptions,
): Promise<IncomingMessage> {
  const get = url.startsWith('https:') ? getHttps : getHttp;
  // Not fetch: it would decompress a .gz served with Content-Encoding, but the checksum is that of the .gz.
  const sent = get(url, {
    headers: { ...headers, 'Accept-Encoding': 'identity' },
    ...(signal && { signal }),
  });
  sent.setTimeout(stallMilliseconds, () => {
    sent.destroy(new Error(`no data for ${stallMilliseconds / 1000} s`));
  });
  try {
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
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
async function requirePublished(remote: RemoteFile, path: string): Promise<void> {
  const { algorithm, value } = remote.checksum;
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    hash.update(chunk as Buffer);
  }
  const found = hash.digest('hex');
  if (found !== value) {
    rmSync(path, { force: true });
    rmSync(`${path}.json`, { force: true });
    throw wrongFile(remote, `${algorithm} ${found} instead of ${value}`);
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

/** The server's version of the file that the partial file belongs to; undefined if unknown. */
function versionOf(partial: string, url: string): string | undefined {
  if (!existsSync(`${partial}.json`)) {
    return undefined;
  }
  try {
    const stored = JSON.parse(readFileSync(`${partial}.json`, 'utf8')) as {
      url?: unknown;
      version?: unknown;
    };
    return stored.url === url && typeof stored.version === 'string' ? stored.version : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}

function rememberVersion(partial: string, url: string, { headers }: IncomingMessage): void {
  const { etag } = headers;
  // A weak tag does not guarantee equal bytes, so it must not be used with ranges.
  const version = etag !== undefined && !etag.startsWith('W/') ? etag : headers['last-modified'];
  writeFileSync(`${partial}.json`, JSON.stringify({ url, version }));
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
