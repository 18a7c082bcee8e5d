// Replaces a file with something else: a link, a FIFO, a folder, a sparse file of a terabyte.
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RandomStream } from '../../../numeric/random.ts';
import { isFolder } from '../../../storage/files.ts';
import { oneOf } from './choice.ts';

/** Puts something else at a path. */
type Replacement = (path: string, outside: string) => void;

/** The links that must never be written through, by name: each leads to something in the folder `outside`. */
export const plantedLinks: Readonly<Record<string, Replacement>> = {
  link: (path, outside) => symlinkSync(join(outside, 'file'), path),
  'hard link': (path, outside) => linkSync(join(outside, 'file'), path),
  'link to a folder': (path, outside) => symlinkSync(join(outside, 'folder'), path),
  'link to a new file': (path, outside) => symlinkSync(join(outside, 'new'), path),
};

/** Extends a file with zeros that take no space on the disk. */
const sparse = (bytes: number): Replacement => {
  return (path) => {
    writeFileSync(path, '{}\n', { flag: 'a' });
    truncateSync(path, bytes);
  };
};

const replacements: Readonly<Record<string, Replacement>> = {
  ...plantedLinks,
  'link to a device': (path) => symlinkSync('/dev/zero', path),
  'link to itself': (path) => symlinkSync(path, path),
  FIFO: (path) => execFileSync('mkfifo', [path]),
  folder: (path) => mkdirSync(path),
  nothing: () => {},
  'empty file': (path) => writeFileSync(path, ''),
  '600 MB of holes': sparse(600e6),
  '4 GB of holes': sparse(4e9),
  'a TB of holes': sparse(1e12),
  'bytes of no text': (path) => writeFileSync(path, Uint8Array.of(0xff, 0xfe, 0, 1)),
  'a line of 20 MB': (path) => writeFileSync(path, `{"a":"${'x'.repeat(20e6)}"}\n`),
  'a million lines': (path) => writeFileSync(path, '{"step":1,"bitsPerDim":1}\n'.repeat(1e6)),
};

/** Replaces the file at a path, and returns the name of the replacement. */
export function replaceFile(path: string, outside: string, random: RandomStream): string {
  return put(replacements, path, outside, random);
}

/** Plants a link at a path, where no file needs to exist, and returns its name. */
export function plantLink(path: string, outside: string, random: RandomStream): string {
  mkdirSync(dirname(path), { recursive: true });
  return put(plantedLinks, path, outside, random);
}

function put(choices: typeof plantedLinks, path: string, outside: string, random: RandomStream): string {
  const name = oneOf(random, Object.keys(choices));
  // Holes extend the existing file.
  if (!name.includes('holes') || isFolder(path)) {
    rmSync(path, { recursive: true, force: true });
  }
  choices[name]!(path, outside);
  return name;
}
