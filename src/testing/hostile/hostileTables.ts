// Tables of conditions that are far larger than their images, or slow to read.
import { join } from 'node:path';
import { createZip, deflated } from '../zipFiles.ts';
import { npy, type SparseFile, sparseNpy, writeHostileFile } from './hostileImages.ts';
import type { HostileFolder } from './hostileModels.ts';

const rows = (count: number, row: string): string => `${row}\n`.repeat(count);

const tables: Readonly<Record<string, () => string | Uint8Array | SparseFile>> = {
  'digits.csv': () => `omega\n${'1'.repeat(400_000)}x\n${rows(207, '1')}`,
  'columns.csv': () => `${Array.from({ length: 150_000 }, (_, column) => `c${column}`).join()}\n`,
  'rows.csv': () => `omega\n${rows(10_000_000, '1')}`,
  'files.csv': () => `file,omega\n${rows(6_000_000, 'a,1')}`,
  'quoted.csv': () => `omega\n"${'a'.repeat(30_000_000)}"\n`,
  'quotedNewlines.csv': () => `omega\n"${'\n'.repeat(60_000_000)}"\n`,
  'quotedCommas.csv': () => `omega\n"${','.repeat(60_000_000)}"\n`,
  'quotes.csv': () => `omega\n"${'""'.repeat(10_000_000)}"\n`,
  'commas.csv': () => `a,b\n${','.repeat(20_000_000)}`,
  'spaces.csv': () => `omega\n${' '.repeat(1_000_000)}x\n${rows(207, '1')}`,
  'names.csv': () => `${'x'.repeat(5_000_000)},${'y'.repeat(5_000_000)}\n${rows(208, '1,z')}`,
  'wide.csv': () =>
    `a€,b,c,d,e,f,g,h\n${rows(4_500_000, '1.2345,1.2345,1.2345,1.2345,1.2345,1.2345,1.2345,1.2345')}`,
  'large.npy': () => sparseNpy('2000000000', 2e9),
  'doubles.npy': () => sparseNpy('4000000, 16', 5.12e8, '<f8'),
  'large.png': () => ({ start: npy('1', 1), size: 2 ** 31 - 1 }),
  'arrays.npz': () =>
    createZip(Array.from({ length: 60_000 }, (_, index) => deflated(`${index}.npy`, npy('208', 208)))),
  'components.npz': () => createZip([deflated('low.npy', npy('208, 1000000', 208_000_000))]),
};

/** Writes tables that must be refused. */
export function writeHostileTables(folder: string): HostileFolder[] {
  return Object.entries(tables).map(([name, content]) => {
    writeHostileFile(join(folder, name), content());
    return { path: join(folder, name), verdict: 'refuse' };
  });
}
