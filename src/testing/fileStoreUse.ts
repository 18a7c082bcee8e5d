// What any file store must do, as code that Node and a page can run.
import type { FileStore } from '../data/files/fileStore.ts';

/** The body of an async function of `files`, which must be empty; it returns what it has seen. */
export const fileStoreUse = `
  const seen = [];
  const textOf = (bytes) => bytes && new TextDecoder().decode(bytes);
  const see = async (name) => {
    const blocks = await files.blocks(name);
    seen.push(textOf(await files.read(name)) ?? null, blocks ? Array.from(blocks, textOf).join('') : null);
  };
  await see('log');
  await files.append('log', 'a\\n');
  await files.append('log', 'é\\n');
  await see('log');
  await files.flush('log');
  await files.append('log', 'c\\n');
  await see('log');
  await files.write('folder/x', 'one');
  const block = new Uint8Array(2);
  await files.write('folder/x', (function* () { yield block.fill(65); yield block.fill(66); })());
  await see('folder/x');
  seen.push((await files.list()).join(), (await files.list('folder')).join(), (await files.list('none')).join());
  seen.push(await files.setAside('log'));
  await files.append('log', 'd\\n');
  seen.push(await files.setAside('log'));
  await see('log');
  await see('log.damaged');
  await see('log.damaged-2');
  await files.append('log', 'lost\\n');
  await files.write('log', 'kept\\n');
  await files.append('log', 'e\\n');
  await see('log');
  await files.remove('log');
  await files.remove('log');
  await see('log');
  const lock = await files.lock();
  seen.push(await (async () => files.lock())().then(() => 'twice', (error) => error.code));
  await files.append('log', 'at the end');
  await lock.release();
  await (await files.lock()).release();
  await see('log');
  return seen;
`;

/** What it must have seen. */
export const fileStoreSeen = [
  ...[null, null, 'a\né\n', 'a\né\n', 'a\né\nc\n', 'a\né\nc\n', 'AABB', 'AABB'],
  ...['folder/x,log', 'folder/x', '', 'log.damaged', 'log.damaged-2'],
  ...[null, null, 'a\né\nc\n', 'a\né\nc\n', 'd\n', 'd\n', 'kept\ne\n', 'kept\ne\n', null, null],
  ...['locked', 'at the end', 'at the end'],
];

/** Runs that code in Node. */
export function useFileStore(files: FileStore): Promise<unknown[]> {
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  return new AsyncFunction('files', fileStoreUse)(files);
}
