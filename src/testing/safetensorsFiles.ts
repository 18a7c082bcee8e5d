// Safetensors files whose header is not what the library would write.

/** A file with this header, and these bytes behind it. */
export function fileWithHeader(text: string, data: Uint8Array = new Uint8Array()): Buffer {
  const header = Buffer.from(text);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, data]);
}

/** The file with another header. */
export function changeHeader(file: Uint8Array, change: (text: string) => string): Buffer {
  const bytes = Buffer.from(file);
  const end = 8 + Number(bytes.readBigUInt64LE());
  return fileWithHeader(change(bytes.toString('utf8', 8, end)), bytes.subarray(end));
}
