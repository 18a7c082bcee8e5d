// Common behaviour of stores in memory and on disk; `webTraining.test.ts` tests a browser's private file system.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { fileStoreSeen, useFileStore } from '../../testing/fileStoreUse.ts';
import { ClosedFolder } from './closedFolder.ts';
import { atMost, memoryFiles } from './fileStore.ts';

const root = mkdtempSync(join(tmpdir(), 'stores-'));
afterAll(() => rmSync(root, { recursive: true }));

it('is the same in memory and on disk', async () => {
  expect(await useFileStore(memoryFiles('files'))).toEqual(fileStoreSeen);
  const folder = join(root, 'folder');
  mkdirSync(folder);
  const files = new ClosedFolder(folder, { lockFile: '../lock' });
  expect(await useFileStore(files)).toEqual(fileStoreSeen);
});

it('on disk reads within limits, and changes nothing through a link', () => {
  const folder = join(root, 'links');
  mkdirSync(folder);
  writeFileSync(join(root, 'outside'), 'x'.repeat(2 ** 20 + 1));
  symlinkSync(join(root, 'outside'), join(folder, 'link'));
  symlinkSync(root, join(folder, 'up'));
  const files = new ClosedFolder(folder);
  expect(() => files.read('link')).toThrow(
    '1048577 bytes are too many for this kind of file (limit 1048576)',
  );
  expect(files.read('link', atMost(2 ** 21))).toHaveLength(2 ** 20 + 1);
  for (const change of [
    () => files.write('link', 'y'),
    () => files.append('link', 'y'),
    () => files.write('up/outside', 'y'),
    () => files.remove('up/outside'),
    () => files.setAside('up/outside'),
  ]) {
    expect(change).toThrow('is a link, and links in');
  }
  expect(files.read('link', atMost(2 ** 21))).toHaveLength(2 ** 20 + 1);
});
