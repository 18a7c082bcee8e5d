// Files that a page has been given.
import { expect, it } from 'vitest';
import { listFiles } from './openImages.web.ts';

const image = new File([''], 'x.png');
const fileEntry = (name: string) => ({
  isFile: true,
  name,
  file: (resolve: (file: File) => void) => resolve(image),
});
const folderEntry = (name: string, entries: readonly object[]) => ({
  isFile: false,
  name,
  createReader() {
    const blocks = [entries, []];
    return { readEntries: (resolve: (block: readonly object[]) => void) => resolve(blocks.shift()!) };
  },
});

it('are listed from folders with more files than a call can have arguments', async () => {
  const entries = Array.from({ length: 200_000 }, (_, index) => fileEntry(`${index}.png`));
  const dropped = folderEntry('celeba', [folderEntry('images', entries)]);
  const items = [{ webkitGetAsEntry: () => dropped }] as unknown as DataTransferItemList;
  const { name, files } = await listFiles(items);
  expect([name, files.length, files[7]!.path]).toEqual(['celeba', 200_000, 'images/7.png']);
});
