import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../core/errors.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { startServer } from '../../testing/localServer.ts';
import { emptyFolder } from '../../testing/temporaryFolder.ts';
import { ClosedFolder } from '../files/closedFolder.ts';
import { type DownloadOptions, download } from './download.ts';

const random = new RandomStream(4, 'file');
const content = Buffer.from(Uint8Array.from({ length: 300_000 }, () => random.integer(256)));
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const folder = emptyFolder();
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let requestCount: number;
beforeEach(() => {
  requestCount = 0;
});
const server = await startServer((request, response) => {
  requestCount++;
  answer(request, response);
});
afterAll(server.close);
const url = `${server.url}file.bin`;

const path = join(folder, 'file.bin');
const get = (options: DownloadOptions = {}) =>
  download({ url, bytes: content.length, sha256: sha256(content) }, new ClosedFolder(folder), path, {
    retries: 3,
    pauseMilliseconds: 1,
    stallMilliseconds: 200,
    ...options,
  });

/** Sends a file, but at most `most` bytes before closing the connection. */
function serve(
  _: IncomingMessage,
  response: ServerResponse,
  { most: limit = Number.POSITIVE_INFINITY, bytes = content }: { most?: number; bytes?: Buffer } = {},
): void {
  response.writeHead(200, { 'content-length': bytes.length });
  response.write(bytes.subarray(0, limit), () => {
    if (limit >= bytes.length) {
      response.end();
    } else {
      void hangUp(response, limit);
    }
  });
}

/**
 * Closes the connection once the file has this many bytes: a reset discards bytes that are still buffered.
 */
async function hangUp(response: ServerResponse, bytes: number): Promise<void> {
  const size = (): number => statSync(`${path}.${process.pid}.partial`, { throwIfNoEntry: false })?.size ?? 0;
  while (!response.destroyed && size() < bytes) {
    await wait(1);
  }
  response.destroy();
}

/** Expects the complete file, and nothing else in the folder. */
function expectWhole(): void {
  expect(Buffer.compare(readFileSync(path), content)).toBe(0);
  expect(readdirSync(folder)).toEqual(['file.bin']);
}

describe('download', () => {
  it('reports a server that switches protocols', async () => {
    answer = ({ socket }) =>
      void socket.end('HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n');
    const refused = get({ retries: 1 });
    await expect(refused).rejects.toThrow(UserError);
    await expect(refused).rejects.toThrow(
      /^http:.*: no connection to 127\.0\.0\.1:\d+ \(it closed the connection without a response\); try again later$/,
    );
  });

  it('downloads a file, reports progress, and follows redirects', async () => {
    const seen: number[] = [];
    answer = (request, response) => {
      if (request.url === '/file.bin') {
        response.writeHead(302, { location: '/elsewhere' }).end();
      } else {
        serve(request, response);
      }
    };
    expect(await get({ onProgress: (bytes) => seen.push(bytes) })).toBe(true);
    expectWhole();
    expect(seen.at(-1)).toBe(content.length);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  it.each([
    'file:///etc/hostname',
    'data:text/plain,x',
    'ftp://localhost/x',
    'http://[',
    'http://\u001b[2J:x/',
  ])('refuses a redirect to %j', async (location) => {
    answer = (_, response) => response.writeHead(302, { location: encodeURI(location) }).end();
    const expected = new UserError(
      'io',
      `${url}: the server redirects to '${encodeURI(location)}'; download it manually`,
    );
    await expect(get()).rejects.toThrow(expected);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('keeps a .gz unchanged, even if served with Content-Encoding', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': content.length }).end(content);
    };
    expect(await get()).toBe(true);
    expectWhole();
  });

  it('starts again after an interruption, and gives up in the end', async () => {
    answer = (request, response) =>
      serve(request, response, { most: requestCount < 3 ? 40_000 : content.length });
    const reasons: string[] = [];
    expect(await get({ onRetry: (reason) => reasons.push(reason) })).toBe(true);
    expectWhole();
    const interrupted = 'interrupted after 40000 of 300000 bytes (aborted)';
    expect(reasons).toEqual([`${interrupted}; trying again`, `${interrupted}; trying again`]);

    rmSync(path);
    answer = (request, response) => serve(request, response, { most: 40_000 });
    requestCount = 0;
    await expect(get()).rejects.toThrow(`${interrupted}; try again later`);
    expect(requestCount).toBe(1 + 3);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('removes what a killed download has left', async () => {
    const { pid } = spawnSync('true');
    writeFileSync(`${path}.${pid}.partial`, 'left');
    answer = serve;
    expect(await get()).toBe(true);
    expectWhole();
  });

  it('leaves nothing if it is stopped', async () => {
    const controller = new AbortController();
    answer = (request, response) => serve(request, response, { most: 120_000 });
    expect(await get({ signal: controller.signal, onProgress: () => controller.abort() })).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('closes a silent connection and tries again', async () => {
    answer = (request, response) => {
      if (requestCount > 1) {
        serve(request, response);
        return;
      }
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 30_000));
    };
    const reasons: string[] = [];
    expect(await get({ onRetry: (reason) => reasons.push(reason) })).toBe(true);
    expect(reasons.join()).toContain('no data for 0.2 s');
    expectWhole();
  });

  it('waits for a slow connection', async () => {
    answer = async (_, response) => {
      response.writeHead(200, { 'content-length': content.length });
      for (let start = 0; start < content.length; start += 20_000) {
        await wait(20);
        response.write(content.subarray(start, start + 20_000));
      }
      response.end();
    };
    expect(await get()).toBe(true);
    expect(requestCount).toBe(1);
    expectWhole();
  });

  it.each([
    [
      'another file of the same length',
      Buffer.alloc(300_000, 1),
      /not the published one \(SHA-256 [0-9a-f]{64} instead of/,
    ],
    ['a longer one', Buffer.alloc(400_000, 1), 'more than 300000 bytes'],
    ['a shorter one', Buffer.from('<html>login</html>'), '18 of 300000 bytes'],
  ])('keeps nothing of %s', async (_, bytes, message) => {
    answer = (request, response) => serve(request, response, { bytes: bytes as Buffer });
    await expect(get()).rejects.toThrow(message);
    expect(existsSync(path)).toBe(false);
  });

  it('does not trust a length that is too small or too large', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': 10 }).end(content.subarray(0, 10));
    };
    await expect(get()).rejects.toThrow('not the published one (10 of 300000 bytes)');
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': 2 * content.length });
      response.write(content, () => hangUp(response, content.length));
    };
    // The file was complete before the connection closed, and its checksum is right.
    expect(await get()).toBe(true);
    expectWhole();
  });

  it.each([
    [404, 'the server returned 404 Not Found; download it manually', 1],
    [403, 'the server returned 403 Forbidden; download it manually', 1],
    [503, 'the server returned 503 Service Unavailable; try again later', 4],
  ])('reports a status of %i', async (status, message, requests) => {
    answer = (_, response) => response.writeHead(status).end('no');
    await expect(get()).rejects.toThrow(message);
    expect(requestCount).toBe(requests);
    expect(existsSync(path)).toBe(false);
  });

  it('stops on request during the pause before a retry', async () => {
    const controller = new AbortController();
    answer = (_, response) => response.writeHead(503).end('no');
    const onRetry = () => void setTimeout(() => controller.abort(), 5);
    // The pause is longer than the timeout of a test.
    expect(await get({ signal: controller.signal, onRetry, pauseMilliseconds: 2 ** 30 })).toBe(false);
    expect(requestCount).toBe(1);
  });

  it.runIf(process.platform !== 'win32')('refuses a link on the way', async () => {
    symlinkSync(folder, join(folder, 'link'));
    const refused = download(
      { url, bytes: 1, sha256: '' },
      new ClosedFolder(folder),
      join(folder, 'link', 'x'),
    );
    await expect(refused).rejects.toThrow(
      `${join(folder, 'link')} is a link, and links in ${folder} are not`,
    );
  });
});
