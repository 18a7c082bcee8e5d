import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RandomStream } from '../../numeric/random.ts';
import { type DownloadOptions, download } from './download.ts';

const random = new RandomStream(4, 'file');
const content = Buffer.from(Uint8Array.from({ length: 300_000 }, () => random.integer(256)));
const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

let folder: string;
let server: Server;
let url: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const asked: (string | undefined)[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'download-'));
  asked.length = 0;
  server = createServer((request, response) => {
    asked.push(request.headers.range);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file.bin`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

const path = (): string => join(folder, 'file.bin');
const get = (options: DownloadOptions = {}) =>
  download({ url, bytes: content.length, checksum: { algorithm: 'md5', value: md5(content) } }, path(), {
    retries: 3,
    pauseMilliseconds: 1,
    stallMilliseconds: 200,
    ...options,
  });

/** Sends the part that is asked for, as a good server does, and at most `most` bytes of it before it hangs up. */
function serve(
  request: IncomingMessage,
  response: ServerResponse,
  {
    most = Number.POSITIVE_INFINITY,
    etag = '"one"',
    bytes = content,
  }: { most?: number; etag?: string; bytes?: Buffer } = {},
): void {
  const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  const goesOn = from !== undefined && request.headers['if-range'] === etag;
  const start = goesOn ? Number(from) : 0;
  response.writeHead(goesOn ? 206 : 200, {
    etag,
    'content-length': bytes.length - start,
    ...(goesOn && { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
  });
  const part = bytes.subarray(start, Math.min(bytes.length, start + most));
  response.write(part, () => {
    if (start + most >= bytes.length) {
      response.end();
    } else {
      void hangUp(response, start + most);
    }
  });
}

/** Ends the connection once so many bytes are in the file: what a connection holds back when it is reset is lost. */
async function hangUp(response: ServerResponse, bytes: number): Promise<void> {
  const size = (): number => statSync(`${path()}.partial`, { throwIfNoEntry: false })?.size ?? 0;
  while (!response.destroyed && size() < bytes) {
    await wait(1);
  }
  response.destroy();
}

/** That the file is there as it should be, and nothing beside it. */
function expectWhole(): void {
  expect(Buffer.compare(readFileSync(path()), content)).toBe(0);
  expect(readdirSync(folder)).toEqual(['file.bin']);
}

describe('download', () => {
  it('gets a file, tells how far it is, and follows to where it has moved', async () => {
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

  it('takes a .gz as it is, also from a server that calls it encoded', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': content.length }).end(content);
    };
    expect(await get()).toBe(true);
    expectWhole();
  });

  it('goes on where a connection broke off, as often as there is progress', async () => {
    answer = (request, response) => serve(request, response, { most: 40_000 });
    const told: string[] = [];
    expect(await get({ retries: 1, onRetry: (reason) => told.push(reason) })).toBe(true);
    expectWhole();
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.slice(0, 3)).toEqual([undefined, 'bytes=40000-', 'bytes=80000-']);
    expect(told[0]).toContain('it broke off after 40000 of 300000 bytes');
  });

  it('goes on at the next call after it was given up', async () => {
    answer = (request, response) => {
      if (asked.length === 1) {
        serve(request, response, { most: 100_000 });
      } else {
        response.destroy();
      }
    };
    await expect(get()).rejects.toThrow(/no connection to .*; run it again to go on from there/);
    expect(asked).toHaveLength(1 + 3);
    expect(existsSync(path())).toBe(false);
    answer = serve;
    expect(await get()).toBe(true);
    expect(asked.at(-1)).toBe('bytes=100000-');
    expectWhole();
  });

  it('begins anew where the server has another version by now', async () => {
    const old = Buffer.alloc(content.length, 7);
    answer = (request, response) =>
      asked.length === 1
        ? serve(request, response, { most: 50_000, etag: '"old"', bytes: old })
        : serve(request, response, { etag: '"new"' });
    expect(await get()).toBe(true);
    expectWhole();
  });

  it('begins anew where the server names no version', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(asked.length === 1 ? content.subarray(0, 9000) : content, () =>
        asked.length === 1 ? hangUp(response, 9000) : response.end(),
      );
    };
    expect(await get()).toBe(true);
    expect(asked).toEqual([undefined, undefined]);
    expectWhole();
  });

  it('gives up a connection on which nothing comes, and goes on', async () => {
    answer = (request, response) => {
      if (asked.length > 1) {
        serve(request, response);
        return;
      }
      response.writeHead(200, { etag: '"one"', 'content-length': content.length });
      response.write(content.subarray(0, 30_000));
    };
    const told: string[] = [];
    expect(await get({ onRetry: (reason) => told.push(reason) })).toBe(true);
    expect(told.join()).toContain('nothing came for 0.2 s');
    expectWhole();
  });

  it('waits for one that is slow but goes on', async () => {
    answer = async (_, response) => {
      response.writeHead(200, { 'content-length': content.length });
      for (let start = 0; start < content.length; start += 100_000) {
        await wait(100);
        response.write(content.subarray(start, start + 100_000));
      }
      response.end();
    };
    expect(await get()).toBe(true);
    expect(asked).toHaveLength(1);
    expectWhole();
  });

  it.each([
    [
      'another file of that length',
      Buffer.alloc(300_000, 1),
      /not the file that was published \(md5 [0-9a-f]{32} instead of/,
    ],
    ['a longer one', Buffer.alloc(400_000, 1), 'more than 300000 bytes'],
    ['a shorter one', Buffer.from('<html>login</html>'), '18 of 300000 bytes'],
  ])('keeps nothing that could be taken for the file of %s', async (_, bytes, message) => {
    answer = (request, response) => serve(request, response, { bytes: bytes as Buffer });
    await expect(get()).rejects.toThrow(message);
    expect(existsSync(path())).toBe(false);
  });

  it('believes no length: too little said, or too much', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': 10 }).end(content.subarray(0, 10));
    };
    await expect(get()).rejects.toThrow('not the file that was published (10 of 300000 bytes)');
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': 2 * content.length });
      response.write(content, () => hangUp(response, content.length));
    };
    // All of it came before the connection broke, and the checksum is right.
    expect(await get()).toBe(true);
    expectWhole();
  });

  it('refuses a part other than the one it asked for', async () => {
    answer = (request, response) =>
      asked.length === 1
        ? serve(request, response, { most: 50_000 })
        : response
            .writeHead(206, { etag: '"one"', 'content-range': 'bytes 0-9/300000' })
            .end(content.subarray(0, 10));
    await expect(get()).rejects.toThrow('another part than was asked for');
  });

  it.each([
    [404, 'the server answers 404 Not Found; get it by hand', 1],
    [403, 'the server answers 403 Forbidden; get it by hand', 1],
    [503, 'the server answers 503 Service Unavailable; run it again', 4],
  ])('tells of an answer of %i', async (status, message, times) => {
    answer = (_, response) => response.writeHead(status).end('no');
    await expect(get()).rejects.toThrow(message);
    expect(asked).toHaveLength(times);
    expect(existsSync(path())).toBe(false);
  });

  it('ends when it is told to, and goes on later', async () => {
    const controller = new AbortController();
    answer = (request, response) => serve(request, response, { most: 120_000 });
    expect(await get({ signal: controller.signal, onProgress: () => controller.abort() })).toBe(false);
    expect(existsSync(path())).toBe(false);
    answer = serve;
    expect(await get()).toBe(true);
    expect(asked.at(-1)).toMatch(/^bytes=[1-9]\d*-$/);
    expectWhole();
  });

  it('ends when it is told to in the pause before another try', async () => {
    const controller = new AbortController();
    answer = (_, response) => response.writeHead(503).end('no');
    const onRetry = () => void setTimeout(() => controller.abort(), 5);
    // The pause is longer than a test may take.
    expect(await get({ signal: controller.signal, onRetry, pauseMilliseconds: 2 ** 30 })).toBe(false);
    expect(asked).toHaveLength(1);
  });

  it('leaves errors of the file system as they are', async () => {
    answer = serve;
    await expect(
      download({ url, bytes: 1, checksum: { algorithm: 'md5', value: '' } }, join(folder, 'none', 'x')),
    ).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
