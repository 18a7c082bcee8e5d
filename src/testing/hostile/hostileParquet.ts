// Parquet files whose footers claim or nest far more than they hold.

/** A file with this footer. */
function parquet(...footer: readonly Uint8Array[]): Uint8Array {
  const bytes = Buffer.concat(footer);
  const end = Buffer.from('....PAR1');
  end.writeUInt32LE(bytes.length);
  return Buffer.concat([Buffer.from('PAR1'), bytes, end]);
}

/** An integer of any size. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...unsigned(Math.floor(value / 128))];
}

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const repeated = (count: number, ...values: readonly number[]): Uint8Array =>
  Buffer.alloc(count * values.length, bytes(...values));

/** An element of a schema, with a name of one letter. */
const column = (children: number): number[] => [0x48, 1, 0x78, 0x15, ...unsigned(2 * children), 0];

/** Files by the contents of their footers. */
export const hostileParquet: Readonly<Record<string, () => Uint8Array>> = {
  // Each list claims 33,554,431 elements.
  'nested lists': () => parquet(bytes(0x19), repeated(60, 0xf9, 0xff, 0xff, 0xff, 0x0f)),
  'empty structures': () => {
    const count = 15_000_000;
    return parquet(bytes(0x29, 0xfc, ...unsigned(count)), Buffer.alloc(count + 1));
  },
  'two million names': () => {
    const count = 650_000;
    return parquet(
      bytes(0x29, 0xfc, ...unsigned(count)),
      bytes(...column(count - 1)),
      repeated(count - 1, ...column(0)),
      bytes(0x16, 0, 0x19, 0x0c, 0),
    );
  },
  'columns in columns': () => {
    const count = 9000;
    return parquet(
      bytes(0x29, 0xfc, ...unsigned(count)),
      repeated(count, ...column(1)),
      bytes(0x16, 0, 0x19, 0x0c, 0),
    );
  },
  'an endless integer': () => parquet(bytes(0x16), Buffer.alloc(15_000_000, 0x80), bytes(1)),
  'millions of fields': () => parquet(Buffer.alloc(8_000_000, 0x11), bytes(0)),
  'a name of spaces': () => {
    const name = Buffer.alloc(400_000, ' ');
    const root = column(1);
    const field = bytes(0x15, 12, 0x38, ...unsigned(name.length));
    return parquet(bytes(0x29, 0x2c, ...root), field, name, bytes(0, 0x16, 0, 0x19, 0x0c, 0));
  },
};
