// Zip archives for tests: files with any bytes as their names, and entries that claim what is not so.
import { crc32, deflateRawSync } from 'node:zlib';

/** A file of an archive. */
interface ZipFile {
  readonly name: Uint8Array | string;
  /** As the archive stores it. */
  readonly bytes: Uint8Array;
  /** The general purpose field: 0x800 for names in UTF-8. */
  readonly flags?: number;
  readonly method?: 0 | 8;
  /** The uncompressed size according to the archive. */
  readonly size?: number;
  readonly checksum?: number;
}

/** An archive of files; with `overlapping`, all entries point to the first file. */
export function createZip(files: readonly ZipFile[], { overlapping = false } = {}): Uint8Array {
  const [body, directory]: [Uint8Array[], Uint8Array[]] = [[], []];
  let offset = 0;
  files.forEach(({ name, bytes, flags = 0, method = 0, ...claimed }, index) => {
    const { size = bytes.length, checksum = crc32(bytes) } = claimed;
    const nameBytes = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(checksum, 10);
    common.writeUInt32LE(bytes.length, 14);
    common.writeUInt32LE(size, 18);
    common.writeUInt16LE(nameBytes.length, 22);
    const position = Buffer.alloc(14);
    position.writeUInt32LE(overlapping ? 0 : offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00'), common, position, nameBytes);
    if (!overlapping || index === 0) {
      body.push(Buffer.from('PK\x03\x04'), common, nameBytes, bytes);
      offset += 30 + nameBytes.length + bytes.length;
    }
  });
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...body, ...directory, end]);
}

/** A compressed file of an archive. */
export const deflated = (name: string, content: Uint8Array): ZipFile => ({
  name,
  bytes: deflateRawSync(content),
  method: 8,
  size: content.length,
  checksum: crc32(content),
});
