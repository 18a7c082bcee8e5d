// A transfer that is ended, and addresses that are none.
import { afterAll, expect, it } from 'vitest';
import { startServer } from '../../testing/localServer.ts';
import { fetchBytes, resolveUrl } from './transfer.ts';

// Sends a byte, and then nothing more.
const { url, close } = await startServer(({ url: path }, response) => {
  if (path === '/page') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<!doctype html>');
    return;
  }
  response.writeHead(200, { 'content-length': 2 }).write('a');
});
afterAll(close);

it('ends with the reason of its signal, before and within the transfer', async () => {
  const reason = new Error('no longer wanted');
  await expect(fetchBytes(url, { signal: AbortSignal.abort(reason) }, { advice: '' })).rejects.toBe(reason);
  const end = new AbortController();
  const onProgress = (): void => end.abort(reason);
  await expect(fetchBytes(url, { signal: end.signal, onProgress }, { advice: '' })).rejects.toBe(reason);
});

it('stops a transfer that stalls or is too slow', async () => {
  const slowest = { bytes: 100, milliseconds: 200 };
  await expect(fetchBytes(url, {}, { advice: 'try again', slowest })).rejects.toThrow(
    /^cannot fetch \S+: fewer than 100 bytes arrived in 0.2 s; try again$/,
  );
});

it('does not take a web page for the file that was asked for', async () => {
  await expect(fetchBytes(`${url}page`, {}, { advice: 'check it' })).rejects.toThrow(
    /page: the server returned a web page instead of a file; check it$/,
  );
});

it('takes a complete URL outside a page', () => {
  expect(resolveUrl('http://example.org/a').href).toBe('http://example.org/a');
  expect(() => resolveUrl('/mnist')).toThrow(
    "'/mnist' is not a URL, and there is no page to resolve it against: give a complete URL",
  );
});
