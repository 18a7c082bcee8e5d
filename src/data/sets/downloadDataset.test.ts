// A dataset's files: what is there already stays, and what has no download is refused.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type DatasetDownload, downloadDataset } from './downloadDataset.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'downloads-'));
  vi.stubEnv('EMERGING_DATA', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

it('downloads no file that is there already', async () => {
  const path = join(folder, 'cifar-10-binary.tar.gz');
  writeFileSync(path, 'mine');
  const seen: DatasetDownload[] = [];
  const files = await downloadDataset('cifar10', {
    from: 'http://127.0.0.1:1',
    onFile: (file) => seen.push(file),
  });
  expect(files).toEqual([{ path, bytes: 170_052_171, isThere: true }]);
  expect(seen).toEqual(files);
  expect(readFileSync(path, 'utf8')).toBe('mine');
});

it('asks another address for a file by its name, and says what the server answers', async () => {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const from = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mirror/`;
  await expect(downloadDataset('fashion-mnist', { from })).rejects.toMatchObject({ code: 'io' });
  expect(asked).toEqual(['/mirror/train-images-idx3-ubyte.gz']);
  server.close();
});

it('is ended by its signal', async () => {
  expect(await downloadDataset('cifar10', { signal: AbortSignal.abort() })).toBeNull();
});

it('refuses a set without a download', async () => {
  await expect(downloadDataset('imagenet32')).rejects.toMatchObject({
    code: 'not-found',
    message: "unknown dataset to download 'imagenet32': known: cifar10, fashion-mnist",
  });
});
