// What a Zstandard frame would inflate to, found without inflating it: a few bytes can stand for gigabytes.

import { viewOf } from './bytes.ts';

const magic = 0xfd2fb528;
const blockHeaderLength = 3;

/**
 * Requires that `bytes` are one frame whose header says `size`, so that a decoder allocates that and no more.
 *
 * @throws Error otherwise
 */
export function requireSingleZstdFrame(bytes: Uint8Array, size: number): void {
  const view = viewOf(bytes);
  const descriptor = view.getUint8(4);
  const [sizeFlag, isSegment, hasChecksum, dictionaryFlag] = [
    descriptor >> 6,
    (descriptor & 32) !== 0,
    (descriptor & 4) !== 0,
    descriptor & 3,
  ];
  let at = 5 + (isSegment ? 0 : 1) + [0, 1, 2, 4][dictionaryFlag]!;
  const said = contentSize(view, at, sizeFlag, isSegment);
  if (view.getUint32(0, true) !== magic || said !== size) {
    throw new Error(`a Zstandard frame of ${said ?? 'unknown'} bytes, where ${size} are due`);
  }
  at += [isSegment ? 1 : 0, 2, 4, 8][sizeFlag]!;
  for (let last = false; !last; ) {
    const header = view.getUint16(at, true) + view.getUint8(at + 2) * 65536;
    const repeated = ((header >> 1) & 3) === 1;
    last = (header & 1) === 1;
    at += blockHeaderLength + (repeated ? 1 : header >> 3);
  }
  if (at + (hasChecksum ? 4 : 0) !== bytes.length) {
    throw new Error('more or less than one Zstandard frame');
  }
}

function contentSize(view: DataView, at: number, flag: number, isSegment: boolean): number | undefined {
  switch (flag) {
    case 0:
      return isSegment ? view.getUint8(at) : undefined;
    case 1:
      return view.getUint16(at, true) + 256;
    case 2:
      return view.getUint32(at, true);
    default:
      return Number(view.getBigUint64(at, true));
  }
}
