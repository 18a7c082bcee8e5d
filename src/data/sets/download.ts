// Downloads a file whole or not at all: goes on where it broke off, also another day, and checks what came.
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

/** A file as its publisher describes it. */
export interface RemoteFile {
  readonly url: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly checksum: { readonly algorithm: 'md5' | 'sha256'; readonly value: string };
}

/** How a file is downloaded. */
export interface DownloadOptions {
  /** Ends the download; what has come stays for the next time. */
  readonly signal?: AbortSignal;
  /** Called as bytes come, with the bytes that are there. */
  onProgress?(bytes: number): void;
  /** Called with a line when the connection broke and is tried again. */
  onRetry?(reason: string): void;
  /** How often it is tried again without a byte having come; 5 if not said. */
  readonly retries?: number;
  /** The pause before it is tried again, doubled each time; 1000 if not said. */
  readonly pauseMilliseconds?: number;
  /** A connection on which nothing comes for so long is given up; 30,000 if not said. */
  readonly stallMilliseconds?: number;
}

/** What is worth another try. */
class BrokenOff extends Error {}

/**
 * Downloads a file to `path`. Until it is whole and its checksum is right it lies beside it as `NAME.partial`, with what
 * identifies the server's version of it in `NAME.partial.json`: a second call goes on from there if the server still
 * has that version, and from the start if not.
 *
 * @returns whether it is there; false if it was ended by its signal
 * @throws UserError if the server refuses, breaks off again and again, or what it sends is not the file that was
 * published; errors of the file system as they are
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
      if (!(error instanceof BrokenOff)) {
        throw error;
      }
      failures = sizeOf(partial) > before ? 1 : failures + 1;
      if (failures > retries) {
        throw new UserError('io', `${remote.url}: ${error.message}; run it again to go on from there`, {
          cause: error,
        });
      }
      onRetry?.(`${error.message}; trying again`);
      // Fails only by the signal, which the loop then sees.
      await pause(pauseMilliseconds * 2 ** (failures - 1), undefined, { signal }).catch(() => {});
    }
  }
  return false;
}

/** Fetches what is missing of a file and appends it. */
async function fetchRest(remote: RemoteFile, partial: string, options: DownloadOptions): Promise<void> {
  let start = sizeOf(partial);
  const version = start > 0 ? versionOf(partial, remote.url) : undefined;
  if (start >= remote.bytes || version === undefined) {
    // Whole already, but for its name and the check; or nothing says which version it is a part of.
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
        `${remote.url}: the server sends another part than was asked for; get it by hand`,
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

/** Appends what a response brings. */
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
        throw new BrokenOff('ended');
      }
    }
    await file.sync();
  } catch (error) {
    // What the connection throws; the file system's errors carry a path or a call of it.
    throw isOfConnection(error) ? new BrokenOff(brokenText(bytes, remote, (error as Error).message)) : error;
  } finally {
    await file?.close();
  }
  if (bytes < remote.bytes) {
    if (response.complete && response.headers['content-length'] !== undefined) {
      rmSync(partial, { force: true });
      throw wrongFile(remote, `${bytes} of ${remote.bytes} bytes`);
    }
    throw new BrokenOff(brokenText(bytes, remote, 'the server ended it'));
  }
}

/** The response to a GET, redirects followed; its body has not been read. */
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
  const answer = `the server answers ${statusCode} ${statusMessage ?? ''}`.trim();
  if (statusCode >= 500 || statusCode === 429) {
    throw new BrokenOff(answer);
  }
  throw new UserError('io', `${url}: ${answer}; get it by hand`);
}

async function responseTo(
  url: string,
  headers: Record<string, string>,
  { signal, stallMilliseconds = 30_000 }: DownloadOptions,
): Promise<IncomingMessage> {
  const get = url.startsWith('https:') ? getHttps : getHttp;
  // Not by fetch: it would unpack a .gz that the server calls encoded, and the checksum is that of the packed file.
  const sent = get(url, {
    headers: { ...headers, 'Accept-Encoding': 'identity' },
    ...(signal && { signal }),
  });
  sent.setTimeout(stallMilliseconds, () => {
    sent.destroy(new Error(`nothing came for ${stallMilliseconds / 1000} s`));
  });
  try {
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    // Errors that come once the body is being read are thrown there as well.
    sent.on('error', (error) => response.destroy(error));
    return response;
  } catch (error) {
    throw new BrokenOff(`no connection to ${new URL(url).host} (${(error as Error).message})`, {
      cause: error,
    });
  }
}

/** Checks the length and the checksum, and removes what is not the file that was published. */
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
    `${url}: what came is not the file that was published (${what}): it was removed; try again later`,
  );
}

function brokenText(bytes: number, remote: RemoteFile, why: string): string {
  return `it broke off after ${bytes} of ${remote.bytes} bytes (${why})`;
}

function isOfConnection(error: unknown): boolean {
  const { syscall, path } = error as NodeJS.ErrnoException;
  return (
    !(error instanceof UserError || error instanceof BrokenOff) &&
    path === undefined &&
    syscall !== 'write' &&
    syscall !== 'fsync'
  );
}

/** What the server's version of the file was when the part that is there was fetched; undefined if nobody knows. */
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
  // A weak tag does not promise equal bytes, so no range may be asked for with it.
  const version = etag !== undefined && !etag.startsWith('W/') ? etag : headers['last-modified'];
  writeFileSync(`${partial}.json`, JSON.stringify({ url, version }));
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
