// Writes .npy files.
import { bytesOfValues, kindOf, type ValueKind, type Values } from '../../numeric/values.ts';

const types: Readonly<Record<ValueKind, string>> = { uint8: '|u1', uint16: '<u2', float32: '<f4' };

/** NumPy aligns the elements to this many bytes. */
const ALIGNMENT = 64;

/** An array as the bytes of a .npy file of version 1.0. */
export function npyBytes(values: Values, shape: readonly number[]): Uint8Array {
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${types[kindOf(values)!]}', 'fortran_order': False, 'shape': (${axes}), }`;
  const length = Math.ceil((10 + text.length + 1) / ALIGNMENT) * ALIGNMENT - 10;
  const header = new TextEncoder().encode(`\x93NUMPY${text.padEnd(length - 1)}\n`);
  // The signature begins with a byte that is not valid UTF-8.
  const start = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >> 8);
  const bytes = bytesOfValues(values);
  const out = new Uint8Array(start.length + length + bytes.length);
  out.set(start);
  out.set(header.subarray(header.length - length), start.length);
  out.set(bytes, start.length + length);
  return out;
}
