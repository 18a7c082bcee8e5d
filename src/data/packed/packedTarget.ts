// Where packed files are written on disk: to a partial file that is renamed when it is complete.
import { basename, dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PartialFile, removePartialFiles } from '../../storage/partialFiles.ts';
import { MemoryTarget } from './memoryTarget.ts';
import type { PackedTarget } from './packedWriter.ts';

/**
 * Creates the partial file and removes leftovers of a crash. A file whose name ends in `.gz` is compressed, in
 * memory, when it is complete.
 *
 * @throws UserError, as does every method
 */
export function packedTarget(path: string): PackedTarget {
  removePartialFiles(dirname(path), basename(path));
  const file = new PartialFile(path);
  if (!path.endsWith('.gz')) {
    return file;
  }
  const memory = new MemoryTarget(path);
  return {
    write: (bytes, position) => memory.write(bytes, position),
    finish() {
      file.write(gzipSync(memory.bytes(), { level: 9 }), 0);
      file.finish();
    },
    discard: () => file.discard(),
  };
}
