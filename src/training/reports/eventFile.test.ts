// Event files, read by an independent reader: frames, checksums and fields.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../core/errors.ts';
import { ClosedFolder } from '../../data/files/closedFolder.ts';
import { contactSheet } from '../../data/pictures/contactSheet.ts';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { EventFile } from './eventFile.ts';

const folder = temporaryFolder();

describe('EventFile', () => {
  it('contains a version, scalars and images that can be read', () => {
    const name = 'deep/events.out.tfevents.test';
    const file = new EventFile(new ClosedFolder(folder), name);
    file.scalars(300, { 'bits/dim': 1.5, rate: -2 });
    const png = contactSheet(new Uint8Array(2 * 12), { imageShape: [2, 6, 1] });
    file.image(70_000, 'samples', png);
    file.flush();
    // The check value of the CRC catalogue: the reader's checksums are right.
    expect(plainCrc(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
    const [version, scalars, image] = parseRecords(readFileSync(join(folder, name))).map(parseFields);
    expect(Buffer.from(version![3]![0] as Uint8Array).toString()).toBe('brain.Event:2');
    const now = Date.now() / 1000;
    for (const event of [version, scalars, image]) {
      expect(Math.abs(Buffer.from(event![1]![0] as Uint8Array).readDoubleLE() - now)).toBeLessThan(600);
    }
    expect([version![2], scalars![2], image![2]]).toEqual([[0], [300], [70_000]]);
    const values = parseFields(scalars![5]![0] as Uint8Array)[1]!.map((value) =>
      parseFields(value as Uint8Array),
    );
    expect(values.map((value) => Buffer.from(value[1]![0] as Uint8Array).toString())).toEqual([
      'bits/dim',
      'rate',
    ]);
    expect(values.map((value) => Buffer.from(value[2]![0] as Uint8Array).readFloatLE())).toEqual([1.5, -2]);
    const shown = parseFields(parseFields(image![5]![0] as Uint8Array)[1]![0] as Uint8Array);
    const [height, width, channels, encoded] = [1, 2, 3, 4].map(
      (field) => parseFields(shown[4]![0] as Uint8Array)[field]![0],
    );
    // Scaled by 4: two images, one below the other, with two pixels between them.
    expect([height, width, channels]).toEqual([18, 24, 1]);
    expect(Buffer.compare(encoded as Uint8Array, png)).toBe(0);
  });

  it('marks resumed training, from the step after its state', () => {
    const name = 'events.out.tfevents.resumed';
    new EventFile(new ClosedFolder(folder), name, 300).flush();
    const [, restart] = parseRecords(readFileSync(join(folder, name))).map(parseFields);
    expect(restart![2]).toEqual([301]);
    expect(parseFields(restart![7]![0] as Uint8Array)).toEqual({ 1: [1] });
  });

  it('reports in one line why it cannot be written', () => {
    expect(() => new EventFile(new ClosedFolder('/dev/null'), 'x/y')).toThrow(UserError);
  });
});

/** The data of every record; throws if a length or checksum is wrong. */
function parseRecords(file: Buffer): Uint8Array[] {
  const records: Uint8Array[] = [];
  for (let offset = 0; offset < file.length; ) {
    const length = Number(file.readBigUInt64LE(offset));
    const data = file.subarray(offset + 12, offset + 12 + length);
    expect(unmasked(file.readUInt32LE(offset + 8))).toBe(plainCrc(file.subarray(offset, offset + 8)));
    expect(unmasked(file.readUInt32LE(offset + 12 + length))).toBe(plainCrc(data));
    records.push(data);
    offset += 16 + length;
  }
  return records;
}

/** The checksum under the mask. */
function unmasked(masked: number): number {
  const turned = (masked - 0xa282ead8) >>> 0;
  return ((turned >>> 17) | (turned << 15)) >>> 0;
}

/** Bit by bit, as a remainder of polynomials. */
function plainCrc(data: Uint8Array): number {
  let remainder = 0xffffffffn;
  for (const byte of data) {
    for (let bit = 0; bit < 8; bit++) {
      const low = (remainder ^ BigInt((byte >> bit) & 1)) & 1n;
      remainder = (remainder >> 1n) ^ (low === 1n ? 0x82f63b78n : 0n);
    }
  }
  return Number(remainder ^ 0xffffffffn);
}

/** The fields of a message by number: whole numbers, or the bytes of everything else. */
function parseFields(message: Uint8Array): Record<number, (number | Uint8Array)[]> {
  const fields: Record<number, (number | Uint8Array)[]> = {};
  let offset = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[offset++]!;
      value += (byte & 127) * factor;
      if (byte < 128) {
        return value;
      }
    }
  };
  while (offset < message.length) {
    const key = varint();
    const kind = key & 7;
    const length = kind === 0 ? 0 : kind === 1 ? 8 : kind === 5 ? 4 : varint();
    const value = kind === 0 ? varint() : message.subarray(offset, offset + length);
    offset += length;
    fields[key >> 3] = [...(fields[key >> 3] ?? []), value];
  }
  return fields;
}
