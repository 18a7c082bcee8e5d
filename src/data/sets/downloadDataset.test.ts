// downloadDataset: existing files are kept, and datasets without a download are rejected.
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startServer } from '../../testing/localServer.ts';
import { emptyFolder } from '../../testing/temporaryFolder.ts';
import { type DatasetDownload, downloadDataset } from './download.ts';
import { datasetDownloads } from './records.ts';

const folder = emptyFolder();
beforeEach(() => void vi.stubEnv('EMERGING_DATA', folder));
afterEach(() => vi.unstubAllEnvs());

it('does not download existing files', async () => {
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

it('requests files by name from a mirror, and reports its response', async () => {
  const requestedUrls: (string | undefined)[] = [];
  const { url, close } = await startServer((request, response) => {
    requestedUrls.push(request.url);
    response.writeHead(404).end();
  });
  await expect(downloadDataset('fashion-mnist', { from: `${url}mirror/` })).rejects.toMatchObject({
    code: 'io',
  });
  expect(requestedUrls).toEqual(['/mirror/train-images-idx3-ubyte.gz']);
  await close();
});

it('is stopped by its signal', async () => {
  expect(await downloadDataset('cifar10', { signal: AbortSignal.abort() })).toBeNull();
});

it('rejects a dataset without a download', async () => {
  await expect(downloadDataset('imagenet32')).rejects.toMatchObject({
    code: 'not-found',
    message: "unknown dataset to download 'imagenet32': known: fashion-mnist, cifar10",
  });
});

describe.runIf(process.platform !== 'win32')('links', () => {
  // Nothing listens there: folders are checked before any request.
  const from = 'http://127.0.0.1:1';
  const options = { from, retries: 0 };
  const before = process.cwd();
  afterEach(() => process.chdir(before));

  it('in the data folder are not followed, but the folder in EMERGING_DATA may be one', async () => {
    const [disk, named] = [join(folder, 'disk'), join(folder, 'named')];
    mkdirSync(disk);
    symlinkSync(disk, named);
    vi.stubEnv('EMERGING_DATA', named);
    await expect(downloadDataset('cifar10', options)).rejects.toThrow('no connection to');
    symlinkSync(disk, join(disk, 'fashion-mnist'));
    await expect(downloadDataset('fashion-mnist', options)).rejects.toThrow(
      `cannot change ${join(named, 'fashion-mnist')}: it is a link, and links in ${named} are not followed; ` +
        'delete the link, or set EMERGING_DATA to the folder for datasets',
    );
    expect(readdirSync(disk)).toEqual(['fashion-mnist']);
  });

  it('in place of the folder data, unnamed by the user, are not followed', async () => {
    vi.stubEnv('EMERGING_DATA', undefined);
    process.chdir(folder);
    mkdirSync('disk');
    symlinkSync('disk', 'data');
    await expect(downloadDataset('cifar10', options)).rejects.toThrow(
      'cannot change data: it is a link, and links in the working directory are not followed; delete the link, or set ' +
        'EMERGING_DATA to the folder for datasets',
    );
    expect(readdirSync('disk')).toEqual([]);
  });
});

it('gets the labels of Fashion-MNIST too, which has classes', () => {
  const files = datasetDownloads['fashion-mnist']!.map(({ place }) => place.replace('fashion-mnist/', ''));
  expect(files.sort()).toEqual([
    't10k-images-idx3-ubyte.gz',
    't10k-labels-idx1-ubyte.gz',
    'train-images-idx3-ubyte.gz',
    'train-labels-idx1-ubyte.gz',
  ]);
});
