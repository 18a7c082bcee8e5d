// Zip archives for tests: stored files with any bytes as their names.
import { crc32 } from 'node:zlib';

/** An archive of uncompressed files; `flags` is the general purpose field, 0x800 for names in UTF-8. */
export function createZip(
  files: readonly {
    readonly name: Uint8Array | string;
    readonly bytes: Uint8Array;
    readonly flags?: number;
  }[],
): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, bytes, flags = 0 } of files) {
    const nameBytes = Buffer.from(name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(flags, 6);
    const sizes = [crc32(bytes), bytes.length, bytes.length];
    sizes.forEach((value, index) => {
      local.writeUInt32LE(value, 14 + 4 * index);
    });
    local.writeUInt16LE(nameBytes.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(flags, 8);
    sizes.forEach((value, index) => {
      entry.writeUInt32LE(value, 16 + 4 * index);
    });
    entry.writeUInt16LE(nameBytes.length, 28);
    entry.writeUInt32LE(offset, 42);
    parts.push(local, nameBytes, bytes);
    directory.push(entry, nameBytes);
    offset += local.length + nameBytes.length + bytes.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}
