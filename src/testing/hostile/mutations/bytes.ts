// Damages bytes of any format, as bad disks, networks and people do.
import type { RandomStream } from '../../../numeric/random.ts';
import { chance, oneOf } from './choice.ts';

/** Bytes with a meaning in many formats. */
const telling = [0, 1, 0x0a, 0x20, 0x22, 0x2f, 0x5b, 0x7f, 0x80, 0xff];

/** A damaged copy. */
export function mutateBytes(bytes: Uint8Array, other: Uint8Array, random: RandomStream): Uint8Array {
  let result = Uint8Array.from(bytes);
  for (let count = 1 + random.integer(4); count > 0; count--) {
    // A plain array each time: a Buffer shares memory, and fills otherwise.
    result = Uint8Array.from(oneOf(random, damages)(result, random, other));
  }
  return result;
}

/** A random position: half of the damage is near the start, where formats have their headers. */
function place({ length }: Uint8Array, random: RandomStream): number {
  return random.integer(Math.max(1, chance(random, 0.5) ? Math.min(256, length) : length));
}

type Damage = (bytes: Uint8Array, random: RandomStream, other: Uint8Array) => Uint8Array;

const damages: readonly Damage[] = [
  function flipBit(bytes, random) {
    bytes[place(bytes, random)]! ^= 1 << random.integer(8);
    return bytes;
  },
  function setByte(bytes, random) {
    bytes[place(bytes, random)] = oneOf(random, telling);
    return bytes;
  },
  changeInteger,
  changeInteger,
  function truncate(bytes, random) {
    return bytes.slice(0, place(bytes, random));
  },
  function append(bytes, random, other) {
    return Buffer.concat([bytes, other.subarray(0, 1 + random.integer(4096))]);
  },
  function overwrite(bytes, random, other) {
    const start = random.integer(Math.max(1, other.length));
    const part = other.subarray(start, start + 1 + random.integer(64)).subarray(0, bytes.length);
    bytes.set(part, random.integer(Math.max(1, bytes.length - part.length)));
    return bytes;
  },
  function repeat(bytes, random) {
    const start = place(bytes, random);
    const part = bytes.subarray(start, start + 1 + random.integer(256));
    const times = chance(random, 0.1) ? 1000 : 2;
    return Buffer.concat([
      bytes.subarray(0, start),
      ...Array.from({ length: times }, () => part),
      bytes.subarray(start + part.length),
    ]);
  },
  function remove(bytes, random) {
    const start = place(bytes, random);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + 1 + random.integer(64))]);
  },
  function fill(bytes, random) {
    const start = place(bytes, random);
    return bytes.fill(oneOf(random, telling), start, start + 1 + random.integer(512));
  },
];

/** Changes two, four or eight bytes as a length or an offset: by one, to a multiple, to a limit. */
function changeInteger(bytes: Uint8Array, random: RandomStream): Uint8Array {
  const size = oneOf(random, [2, 4, 4, 8]);
  const at = place(bytes, random);
  if (at + size > bytes.length) {
    return bytes;
  }
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const isLittle = chance(random, 0.5);
  const field = Buffer.from(view.subarray(at, at + size));
  const old = BigInt(`0x${(isLittle ? Buffer.from(field).reverse() : field).toString('hex')}`);
  const most = 2n ** BigInt(8 * size) - 1n;
  const value = oneOf(random, [0n, 1n, most, most >> 1n, old + 1n, old - 1n, 2n * old, old * 1000n]) & most;
  field.write(value.toString(16).padStart(2 * size, '0'), 'hex');
  view.set(isLittle ? field.reverse() : field, at);
  return bytes;
}
