import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../errors.ts';
import { RandomStream } from '../../numeric/random.ts';
import { ClosedFolder } from '../../storage/closedFolder.ts';
import { type DownloadOptions, download } from './download.ts';

const random = new RandomStream(4, 'file');
const content = Buffer.from(Uint8Array.from({ length: 300_000 }, () => random.integer(256)));
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

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
  download({ url, bytes: content.length, sha256: sha256(content) }, new ClosedFolder(folder), path(), {
    retries: 3,
    pauseMilliseconds: 1,
    stallMilliseconds: 200,
    ...options,
  });

/**
 * Sends the requested part, as a correct server does, but at most `most` bytes before closing the connection.
 */
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
  const resumes = from !== undefined && request.headers['if-range'] === etag;
  const start = resumes ? Number(from) : 0;
  response.writeHead(resumes ? 206 : 200, {
    etag,
    'content-length': bytes.length - start,
    ...(resumes && { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
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

/**
 * Closes the connection once the file has this many bytes: a reset discards bytes that are still buffered.
 */
async function hangUp(response: ServerResponse, bytes: number): Promise<void> {
  const size = (): number => statSync(`${path()}.partial`, { throwIfNoEntry: false })?.size ?? 0;
  while (!response.destroyed && size() < bytes) {
    await wait(1);
  }
  response.destroy();
}

/** Expects the complete file, and nothing else in the folder. */
function expectWhole(): void {
  expect(Buffer.compare(readFileSync(path()), content)).toBe(0);
  expect(readdirSync(folder)).toEqual(['file.bin']);
}

describe('download', () => {
  it('reports a server that switches protocols', async () => {
    answer = ({ socket }) =>
      void socket.end('HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n');
    const refused = get({ retries: 1 });
    await expect(refused).rejects.toThrow(UserError);
    await expect(refused).rejects.toThrow(
      /^http:.*: no connection to 127\.0\.0\.1:\d+ \(it closed the connection without a response\); run it again to resume$/,
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

  it('starts over if the stored version identifier is far too long', async () => {
    writeFileSync(`${path()}.partial`, content.subarray(0, 1000));
    writeFileSync(`${path()}.partial.json`, JSON.stringify({ url, version: '"one"' }));
    truncateSync(`${path()}.partial.json`, 2 ** 32);
    answer = serve;
    expect(await get()).toBe(true);
    expect(asked).toEqual([undefined]);
    expectWhole();
  });

  it('keeps a .gz as it is, even if served with Content-Encoding', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': content.length }).end(content);
    };
    expect(await get()).toBe(true);
    expectWhole();
  });

  it('resumes interrupted connections as long as there is progress', async () => {
    answer = (request, response) => serve(request, response, { most: 40_000 });
    const reasons: string[] = [];
    expect(await get({ retries: 1, onRetry: (reason) => reasons.push(reason) })).toBe(true);
    expectWhole();
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.slice(0, 3)).toEqual([undefined, 'bytes=40000-', 'bytes=80000-']);
    expect(reasons[0]).toContain('interrupted after 40000 of 300000 bytes');
  });

  it('resumes at the next call after giving up', async () => {
    answer = (request, response) => {
      if (asked.length === 1) {
        serve(request, response, { most: 100_000 });
      } else {
        response.destroy();
      }
    };
    await expect(get()).rejects.toThrow(/no connection to .*; run it again to resume/);
    expect(asked).toHaveLength(1 + 3);
    expect(existsSync(path())).toBe(false);
    answer = serve;
    expect(await get()).toBe(true);
    expect(asked.at(-1)).toBe('bytes=100000-');
    expectWhole();
  });

  it('starts over if the server has a new version', async () => {
    const old = Buffer.alloc(content.length, 7);
    answer = (request, response) =>
      asked.length === 1
        ? serve(request, response, { most: 50_000, etag: '"old"', bytes: old })
        : serve(request, response, { etag: '"new"' });
    expect(await get()).toBe(true);
    expectWhole();
  });

  it('starts over if the server sends no version', async () => {
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

  it('closes a silent connection and resumes', async () => {
    answer = (request, response) => {
      if (asked.length > 1) {
        serve(request, response);
        return;
      }
      response.writeHead(200, { etag: '"one"', 'content-length': content.length });
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
    expect(asked).toHaveLength(1);
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
    expect(existsSync(path())).toBe(false);
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

  it('rejects a part other than the requested one', async () => {
    answer = (request, response) =>
      asked.length === 1
        ? serve(request, response, { most: 50_000 })
        : response
            .writeHead(206, { etag: '"one"', 'content-range': 'bytes 0-9/300000' })
            .end(content.subarray(0, 10));
    await expect(get()).rejects.toThrow('a different part than requested');
  });

  it.each([
    [404, 'the server returned 404 Not Found; download it manually', 1],
    [403, 'the server returned 403 Forbidden; download it manually', 1],
    [503, 'the server returned 503 Service Unavailable; run it again', 4],
  ])('reports a status of %i', async (status, message, times) => {
    answer = (_, response) => response.writeHead(status).end('no');
    await expect(get()).rejects.toThrow(message);
    expect(asked).toHaveLength(times);
    expect(existsSync(path())).toBe(false);
  });

  it('stops on request, and resumes later', async () => {
    const controller = new AbortController();
    answer = (request, response) => serve(request, response, { most: 120_000 });
    expect(await get({ signal: controller.signal, onProgress: () => controller.abort() })).toBe(false);
    expect(existsSync(path())).toBe(false);
    answer = serve;
    expect(await get()).toBe(true);
    expect(asked.at(-1)).toMatch(/^bytes=[1-9]\d*-$/);
    expectWhole();
  });

  it('stops on request during the pause before a retry', async () => {
    const controller = new AbortController();
    answer = (_, response) => response.writeHead(503).end('no');
    const onRetry = () => void setTimeout(() => controller.abort(), 5);
    // The pause is longer than the timeout of a test.
    expect(await get({ signal: controller.signal, onRetry, pauseMilliseconds: 2 ** 30 })).toBe(false);
    expect(asked).toHaveLength(1);
  });

  it('passes on file system errors unchanged', async () => {
    answer = serve;
    await expect(
      download({ url, bytes: 1, sha256: '' }, new ClosedFolder(folder), join(folder, 'none', 'x')),
    ).rejects.toMatchObject({ code: 'ENOENT' });
  });

  describe.runIf(process.platform !== 'win32')('with something planted in its place', () => {
    const mine = (): string => join(folder, 'mine');
    const plant: Record<string, (name: string) => void> = {
      link: (name) => symlinkSync(mine(), name),
      'link that leads nowhere': (name) => symlinkSync(join(folder, 'new'), name),
      'hard link': (name) => linkSync(mine(), name),
      FIFO: (name) => void spawnSync('mkfifo', [name]),
    };

    it.each(
      Object.keys(plant).flatMap((what) => ['.partial', '.partial.json'].map((end) => [what, end] as const)),
    )('replaces a %s at %s', async (what, end) => {
      // As long as the file: only its version is missing.
      const own = Buffer.alloc(content.length - 1, 5);
      writeFileSync(mine(), own);
      plant[what]!(`${path()}${end}`);
      answer = serve;
      expect(await get()).toBe(true);
      expect(asked).toEqual([undefined]);
      expect(readFileSync(path()).equals(content)).toBe(true);
      expect(readFileSync(mine()).equals(own)).toBe(true);
      expect(readdirSync(folder).sort()).toEqual(['file.bin', 'mine']);
    });

    it('replaces a part that is a hard link, although its version is known', async () => {
      const own = content.subarray(0, 1000);
      writeFileSync(mine(), own);
      linkSync(mine(), `${path()}.partial`);
      writeFileSync(`${path()}.partial.json`, JSON.stringify({ url, version: '"one"' }));
      answer = serve;
      expect(await get()).toBe(true);
      expect(asked).toEqual([undefined]);
      expect(readFileSync(mine()).equals(own)).toBe(true);
    });

    it('refuses a link on the way', async () => {
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
});
