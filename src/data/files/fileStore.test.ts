// Common behaviour of stores in memory and on disk; `webTraining.test.ts` tests a browser's private file system.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fileStoreSeen, useFileStore } from '../../testing/fileStoreUse.ts';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { ClosedFolder } from './closedFolder.ts';
import { atMost, memoryFiles } from './fileStore.ts';

const root = temporaryFolder();

it('is the same in memory and on disk', async () => {
  expect(await useFileStore(memoryFiles('files'))).toEqual(fileStoreSeen);
  const folder = join(root, 'folder');
  mkdirSync(folder);
  const files = new ClosedFolder(folder, { lockFile: '../lock' });
  expect(await useFileStore(files)).toEqual(fileStoreSeen);
});

it('on disk reads within limits', () => {
  writeFileSync(join(root, 'large'), 'x'.repeat(2 ** 20 + 1));
  symlinkSync('large', join(root, 'link'));
  const files = new ClosedFolder(root);
  expect(() => files.read('link')).toThrow(
    '1048577 bytes are too many for this kind of file (limit 1048576)',
  );
  expect(files.read('link', atMost(2 ** 21))).toHaveLength(2 ** 20 + 1);
});
