// Downloads the published files of datasets into a data folder, each completely or not at all, and verified.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { UserError, unknownName, visibleText } from '../../core/errors.ts';
import type { ClosedFolder } from '../files/closedFolder.ts';
import { exists } from '../files/files.ts';
import type { PartialFile } from '../files/partialFiles.ts';
import { dataFolders, writableDataFolder } from './dataFolder.ts';
import { type DatasetFile, datasetDownloads } from './records.ts';

type RemoteFile = Omit<DatasetFile, 'place'>;

/** The options of `download`. */
export interface DownloadOptions {
  /** Stops the download, which leaves nothing behind. */
  readonly signal?: AbortSignal;
  /** Called with the number of bytes received so far; a retry starts again at 0. */
  onProgress?(bytes: number): void;
  /** Called with the reason, in one line, before each retry. */
  onRetry?(reason: string): void;
  /** The maximum number of retries; 5 by default. */
  readonly retries?: number;
  /** The pause before the first retry, doubled each time; 1000 by default. */
  readonly pauseMilliseconds?: number;
  /** A connection that is silent for this long is closed; 30,000 by default. */
  readonly stallMilliseconds?: number;
}

/** A failure that is worth retrying. */
class Interrupted extends Error {}

/**
 * Downloads a file to `path` in a folder, without following links. It gets its name when it is complete and its
 * checksum matches.
 *
 * @returns whether the file was downloaded; false if the signal stopped it
 * @throws UserError if the server refuses, the connection fails repeatedly, the file is not the published one, or it
 *   can't be written
 */
export async function download(
  remote: RemoteFile,
  folder: ClosedFolder,
  path: string,
  options: DownloadOptions = {},
): Promise<boolean> {
  const { signal, onRetry, retries = 5, pauseMilliseconds = 1000 } = options;
  if (!/^https?:/.test(remote.url)) {
    throw new UserError(
      'invalid-argument',
      `cannot download ${remote.url}: use an address that begins with https: or http:`,
    );
  }
  folder.requireNoLink(path);
  folder.removePartialFiles(dirname(path), basename(path));
  for (let failures = 0; !signal?.aborted; failures++) {
    try {
      await fetchFile(remote, () => folder.begin(path), options);
      return true;
    } catch (error) {
      if (signal?.aborted) {
        return false;
      }
      if (!(error instanceof Interrupted)) {
        throw error;
      }
      if (failures === retries) {
        throw new UserError('io', `${remote.url}: ${error.message}; try again later`, { cause: error });
      }
      onRetry?.(`${error.message}; trying again`);
      // Rejects only if the signal aborts, which the loop condition handles.
      await pause(pauseMilliseconds * 2 ** failures, undefined, { signal }).catch(() => {});
    }
  }
  return false;
}

async function fetchFile(
  remote: RemoteFile,
  begin: () => PartialFile,
  options: DownloadOptions,
): Promise<void> {
  const response = await request(remote.url, options);
  const hash = createHash('sha256');
  let file: PartialFile | undefined;
  let bytes = 0;
  try {
    file = begin();
    for await (const chunk of chunksOfBody(response)) {
      if (bytes + chunk.length > remote.bytes) {
        throw wrongFile(remote, `more than ${remote.bytes} bytes`);
      }
      file.write(chunk, bytes);
      hash.update(chunk);
      bytes += chunk.length;
      options.onProgress?.(bytes);
      if (bytes === remote.bytes) {
        break;
      }
    }
    const digest = hash.digest('hex');
    if (bytes < remote.bytes || digest !== remote.sha256) {
      const problem =
        bytes < remote.bytes
          ? `${bytes} of ${remote.bytes} bytes`
          : `SHA-256 ${digest} instead of ${remote.sha256}`;
      throw wrongFile(remote, problem);
    }
    file.finish();
  } catch (error) {
    file?.discard();
    throw error instanceof Interrupted
      ? new Interrupted(`interrupted after ${bytes} of ${remote.bytes} bytes (${error.message})`)
      : error;
  } finally {
    response.destroy();
  }
}

/** The body of a response, whose failures are worth retrying. */
async function* chunksOfBody(response: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    yield* response as AsyncIterable<Buffer>;
  } catch (error) {
    throw new Interrupted((error as Error).message);
  }
}

/** The response to a GET request after following redirects; its body has not been read. */
async function request(url: string, options: DownloadOptions, redirects = 5): Promise<IncomingMessage> {
  const response = await responseTo(url, options);
  const { statusCode = 0, statusMessage } = response;
  if (statusCode === 200) {
    return response;
  }
  response.destroy();
  const { location } = response.headers;
  if (statusCode >= 300 && statusCode < 400 && location !== undefined && redirects > 0) {
    return request(redirected(url, location), options, redirects - 1);
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
  { signal, stallMilliseconds = 30_000 }: DownloadOptions,
): Promise<IncomingMessage> {
  const get = url.startsWith('https:') ? getHttps : getHttp;
  // Not fetch: it would decompress a .gz served with Content-Encoding, but the checksum is for the .gz.
  const sent = get(url, {
    headers: { 'Accept-Encoding': 'identity' },
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

function wrongFile({ url }: RemoteFile, problem: string): UserError {
  return new UserError(
    'invalid-data',
    `${url}: the downloaded file is not the published one (${problem}); try again later`,
  );
}

/** A file of a dataset. */
export interface DatasetDownload {
  /** Where it is stored. */
  readonly path: string;
  /** Its size. */
  readonly bytes: number;
  /** Whether it already exists, so that nothing is downloaded. */
  readonly isThere: boolean;
}

/** The options of `downloadDataset`. */
export interface DownloadDatasetOptions extends DownloadOptions {
  /** The URL of a mirror, instead of the publisher's. */
  readonly from?: string | undefined;
  /** Called before each file; later calls of `onProgress` are about this file. */
  onFile?(file: DatasetDownload): void;
}

/**
 * Downloads a dataset into the first data folder: `EMERGING_DATA`, or `data` in the working directory.
 * Existing files are kept.
 *
 * @returns the files; null if the signal stopped it
 * @throws UserError if the dataset has no download, the server refuses or sends another file, a write fails, or a
 *   folder to write to is a link that the user hasn't named
 */
export async function downloadDataset(
  name: string,
  { from, onFile, ...options }: DownloadDatasetOptions = {},
): Promise<DatasetDownload[] | null> {
  if (!Object.hasOwn(datasetDownloads, name)) {
    throw unknownName('dataset to download', name, Object.keys(datasetDownloads));
  }
  const done: DatasetDownload[] = [];
  for (const remote of datasetDownloads[name]!) {
    const path = join(dataFolders()[0], remote.place);
    const file = { path, bytes: remote.bytes, isThere: exists(path) };
    onFile?.(file);
    const url = from === undefined ? remote.url : `${from.replace(/\/$/, '')}/${basename(remote.place)}`;
    if (!file.isThere) {
      const { files } = writableDataFolder();
      files.makeFolder(dirname(path));
      if (!(await download({ ...remote, url }, files, path, options))) {
        return null;
      }
    }
    done.push(file);
  }
  return done;
}
