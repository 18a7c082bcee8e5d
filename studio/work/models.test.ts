// Fetched files: the size limit holds whatever the server sends, and those that are gone.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fetchFile } from './models.ts';

let server: Server;
beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url!.startsWith('/gone')) {
      response.writeHead(404).end();
      return;
    }
    // Without a content-length, the limit applies to the bytes received.
    response.write('x'.repeat(request.url === '/small' ? 1000 : 2000), () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => void server.close());

const get = (name: string): Promise<Uint8Array> =>
  fetchFile(new URL(name, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`), {
    signal: new AbortController().signal,
    mostBytes: 1000,
  });

it('refuses a file that is too large', async () => {
  expect(await get('small')).toHaveLength(1000);
  await expect(get('large')).rejects.toThrow(/^\/large exceeds .* MiB: use the model in a terminal\.$/);
});

it('says what to do about a checkpoint that training has deleted', async () => {
  await expect(get('gone/50%25/checkpoints/step-00000006.safetensors')).rejects.toThrow(
    '/gone/50%/checkpoints/step-00000006.safetensors is no longer there: reload the page.',
  );
});
