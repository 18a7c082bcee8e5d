import fc from 'fast-check';
import { expect, it } from 'vitest';
import { crc32, tableCrc32 } from './crc32.ts';

it('is the checksum of the published example, by table or by Node', () => {
  const digits = Buffer.from('123456789');
  expect([crc32(digits), tableCrc32(digits), tableCrc32(new Uint8Array())]).toEqual([
    0xcbf43926, 0xcbf43926, 0,
  ]);
  fc.assert(fc.property(fc.uint8Array(), (bytes) => tableCrc32(bytes) === crc32(bytes)));
});
