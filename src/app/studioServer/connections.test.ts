// Connections to the studio that close early, are idle or request too much: none keeps a file open.
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { studioFiles } from './files.ts';
import { type RunningStudio, type ServerLimits, serveStudio } from './server.ts';
import { createShelf } from './shelf.ts';

const LARGE = 16 * 2 ** 20;

const folder = temporaryFolder();
let root: string;
let studio: RunningStudio;
beforeEach(() => {
  root = mkdtempSync(join(folder, 'studio-'));
  mkdirSync(join(root, 'page'));
  writeFileSync(join(root, 'page', 'index.html'), '<!doctype html>');
  mkdirSync(join(root, 'runs', 'first'), { recursive: true });
  writeFileSync(join(root, 'runs', 'first', 'config.yaml'), 'data: {}');
  writeFileSync(join(root, 'runs', 'first', 'metrics.jsonl'), new Uint8Array(LARGE));
});
afterEach(() => studio.close());

async function start(limits: Partial<ServerLimits> = {}): Promise<void> {
  const files = studioFiles([createShelf('runs', join(root, 'runs'))], join(root, 'page'));
  studio = await serveStudio(files, { host: '127.0.0.1', port: 0 }, limits);
}

/** A connection that has sent a text, and the text received. */
async function send(text: string): Promise<{ socket: Socket; received(): string; ended: Promise<unknown> }> {
  const socket = connect(Number(new URL(studio.url).port), '127.0.0.1');
  const parts: Buffer[] = [];
  socket.on('data', (part) => parts.push(part)).on('error', () => {});
  const ended = new Promise((resolve) => socket.on('close', resolve));
  await new Promise<void>((resolve) => socket.on('connect', resolve));
  socket.write(text);
  return { socket, received: () => Buffer.concat(parts).toString('latin1'), ended };
}

const request = (path: string, method = 'GET', headers = ''): string =>
  `${method} ${path} HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n`;
const log = request('/runs/first/metrics.jsonl');

/** The number of the run's files open in this process. */
function openLogs(): number {
  return readdirSync('/proc/self/fd').filter((file) => {
    try {
      return readlinkSync(`/proc/self/fd/${file}`).startsWith(root);
    } catch {
      return false;
    }
  }).length;
}
const noneIsOpen = () => vi.waitFor(() => expect(openLogs()).toBe(0), { timeout: 60_000 });

describe.skipIf(process.platform !== 'linux')('files (counted in /proc, on Linux)', () => {
  it.each([
    ['one request', log],
    ['many requests at once', log.repeat(12)],
    ['a part', request('/runs/first/metrics.jsonl', 'GET', 'range: bytes=5-\r\n').repeat(2)],
    ['no such part', request('/runs/first/metrics.jsonl', 'GET', `range: bytes=${LARGE}-\r\n`).repeat(2)],
    ['the head', request('/runs/first/metrics.jsonl', 'HEAD').repeat(4)],
  ])('are closed when connections end before they are read: %s', async (_, text) => {
    await start();
    const early = await Promise.all(Array.from({ length: 20 }, () => send(text)));
    await Promise.all(
      early.map(({ socket, ended }, index) => {
        // Immediately, or after something has arrived.
        index % 2 === 0 ? socket.destroy() : setTimeout(() => socket.resetAndDestroy(), 20);
        return ended;
      }),
    );
    await noneIsOpen();
  });

  it('are closed after they were read', async () => {
    await start();
    const { ended, received } = await send(
      request('/runs/first/metrics.jsonl', 'GET', 'connection: close\r\n'),
    );
    await ended;
    expect(received().length).toBeGreaterThan(LARGE);
    await noneIsOpen();
  });

  it('are at most one per connection', async () => {
    await start();
    const waiting = await Promise.all(Array.from({ length: 5 }, () => send(log.repeat(10))));
    for (const { socket } of waiting) {
      socket.pause();
    }
    await vi.waitFor(() => expect(openLogs()).toBeGreaterThan(0));
    expect(openLogs()).toBeLessThanOrEqual(5);
    for (const { socket } of waiting) {
      socket.destroy();
    }
    await noneIsOpen();
  });
});

it('answers the requests of a connection in order, and closes one that sends too many', async () => {
  await start();
  const few = await send(
    request('/', 'HEAD') + request('/nothing') + request('/', 'GET', 'connection: close\r\n'),
  );
  await few.ended;
  expect(few.received().match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200']);
  expect(few.received()).toMatch(/<!doctype html>$/);
  await (await send(log.repeat(200))).ended;
});

it('closes the connection if a file shrinks while it is sent', async () => {
  await start();
  const { socket, received, ended } = await send(log);
  socket.pause();
  await new Promise((resolve) => setTimeout(resolve, 100));
  truncateSync(join(root, 'runs', 'first', 'metrics.jsonl'), 10);
  socket.resume();
  await ended;
  expect(received()).toContain(`content-length: ${LARGE}`);
  expect(received().length).toBeLessThan(LARGE);
});

it('closes idle connections: nothing sent, half a request, or nothing read', async () => {
  await start({ requestMs: 200, idleMs: 500 });
  const still = [await send(''), await send('GET / HTTP/1.1\r\nhost: local'), await send(log)];
  still[2]!.socket.pause();
  // A paused socket notices the end only when read: long after the limit, since others may delay its timer.
  setTimeout(() => still[2]!.socket.resume(), 4000);
  await Promise.all(still.map(({ ended }) => ended));
  expect(still[2]!.received().length).toBeLessThan(LARGE);
});

it('stops an answer whose reader is too slow, however often it reads', async () => {
  await start();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const { socket, ended, received } = await send(log);
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    vi.advanceTimersByTime(30_000 + LARGE / 64 + 1);
    socket.resume();
    await ended;
    expect(received().length).toBeLessThan(LARGE);
  } finally {
    vi.useRealTimers();
  }
});

it('accepts a limited number of connections, and others once these have closed', async () => {
  await start({ connections: 3 });
  const connections = await Promise.all([1, 2, 3].map(() => send(request('/'))));
  await vi.waitFor(() =>
    expect(connections.every(({ received }) => received().includes('200 OK'))).toBe(true),
  );
  const fourth = await send(request('/'));
  await fourth.ended;
  expect(fourth.received()).toBe('');
  connections[0]!.socket.destroy();
  await vi.waitFor(async () => {
    const fifth = await send(request('/', 'GET', 'connection: close\r\n'));
    await fifth.ended;
    expect(fifth.received()).toContain('200 OK');
  });
});
