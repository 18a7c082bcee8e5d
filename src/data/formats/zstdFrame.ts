// Checks the decompressed size of a Zstandard frame in advance: a few bytes can expand to gigabytes.
import { viewOf } from './bytes.ts';

const magic = 0xfd2fb528;
const blockHeaderLength = 3;

/**
 * Requires `bytes` to be exactly one frame with `size` in its header, so that a decoder allocates only that.
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
  const declared = contentSize(view, at, sizeFlag, isSegment);
  if (view.getUint32(0, true) !== magic || declared !== size) {
    throw new Error(`a Zstandard frame of ${declared ?? 'unknown'} bytes, expected ${size}`);
  }
  at += [isSegment ? 1 : 0, 2, 4, 8][sizeFlag]!;
  for (let last = false; !last; ) {
    const header = view.getUint16(at, true) + view.getUint8(at + 2) * 65536;
    const repeated = ((header >> 1) & 3) === 1;
    last = (header & 1) === 1;
    at += blockHeaderLength + (repeated ? 1 : header >> 3);
  }
  if (at + (hasChecksum ? 4 : 0) !== bytes.length) {
    throw new Error('not exactly one Zstandard frame');
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
