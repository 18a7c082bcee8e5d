// The bytes of safetensors files on disk, read only if their header is what is wanted.
import { closeSync, fstatSync } from 'node:fs';
import { openRegularFile, readStart, readToEnd } from './fileBytes.ts';
import { maxBytesAtOnce } from './randomAccess.ts';
import { type HeaderCheck, type SafetensorsHeader, safetensorsHeader } from './safetensorsHeader.ts';

/**
 * All bytes of a safetensors file. The header is compared first, with the size of the file and with what is wanted: a
 * file from a stranger may have gigabytes of holes.
 *
 * @throws UserError if it cannot be read or its header contradicts itself or the size; what `check` throws
 */
export function readSafetensorsBytes(path: string, check: HeaderCheck): Uint8Array {
  const file = openRegularFile(path);
  try {
    check(headerIn(file, path), path);
    return readToEnd(file, path, maxBytesAtOnce);
  } finally {
    closeSync(file);
  }
}

function headerIn(file: number, path: string): SafetensorsHeader {
  const { size } = fstatSync(file);
  let header = safetensorsHeader(new Uint8Array(), path, size);
  while ('atLeast' in header) {
    header = safetensorsHeader(readStart(file, path, header.atLeast), path, size);
  }
  return header;
}
