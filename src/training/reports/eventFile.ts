// A file of TensorBoard events: scalars and PNG images as records that TensorBoard follows while they are written.
import type { ClosedFolder } from '../../data/files/index.node.ts';

/** Milliseconds after which what was added is written, with the next event. */
const pause = 1000;

/** Where the width, the height and, in the last byte, the colour type of a PNG are. */
const pngHeader = { start: 16, length: 10, grey: 0 };

/** The status of a session that starts: TensorBoard then discards earlier data from the step of the event on. */
const SESSION_START = 1;

/**
 * Writes events in TFRecord frames. The field numbers come from `tensorflow/core/util/event.proto` and
 * `summary.proto`.
 */
export class EventFile {
  private readonly folder: ClosedFolder;
  private readonly name: string;
  private pending: Uint8Array[] = [];
  private written = 0;

  /**
   * @param folder the run folder
   * @param name the name of the file in it; a subfolder is created
   * @param resumedAfter the step that training resumes from: TensorBoard then ignores later steps in earlier files
   * @throws UserError if the file cannot be written; an existing file is replaced
   */
  constructor(folder: ClosedFolder, name: string, resumedAfter?: number) {
    const restart =
      resumedAfter === undefined
        ? []
        : [record(event(resumedAfter + 1, bytes(7, [number(1, SESSION_START)])))];
    this.folder = folder;
    this.name = name;
    folder.write(name, Buffer.concat([record(event(0, text(3, 'brain.Event:2'))), ...restart]));
  }

  /** Adds numbers of a step, by tag. */
  scalars(step: number, values: Readonly<Record<string, number>>): void {
    const summary = Object.entries(values).map(([tag, value]) => bytes(1, [text(1, tag), float(2, value)]));
    this.add(event(step, bytes(5, summary)));
  }

  /** Adds the bytes of a PNG, grey or colour. */
  image(step: number, tag: string, png: Uint8Array): void {
    const header = new DataView(png.buffer, png.byteOffset + pngHeader.start, pngHeader.length);
    const [width, height] = [header.getUint32(0), header.getUint32(4)];
    const channels = header.getUint8(9) === pngHeader.grey ? 1 : 3;
    const image = [number(1, height), number(2, width), number(3, channels), bytes(4, [png])];
    this.add(event(step, bytes(5, [bytes(1, [text(1, tag), bytes(4, image)])])));
  }

  /**
   * Writes what was added.
   *
   * @throws UserError if it cannot be written
   */
  flush(): void {
    this.folder.append(this.name, Buffer.concat(this.pending));
    this.pending = [];
    this.written = performance.now();
  }

  private add(data: Uint8Array): void {
    this.pending.push(record(data));
    if (performance.now() - this.written >= pause) {
      this.flush();
    }
  }
}

/** An event: 1 wall time, 2 step, then 3 the version of the file, 5 a summary or 7 the state of the session. */
function event(step: number, field: Uint8Array): Uint8Array {
  return Buffer.concat([double(1, Date.now() / 1000), number(2, step), field]);
}

/** A TFRecord: the length as 8 bytes, its checksum, the data, their checksum; the lowest byte first. */
function record(data: Uint8Array): Uint8Array {
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(data.length), true);
  return Buffer.concat([length, fixed32(maskedCrc32c(length)), data, fixed32(maskedCrc32c(data))]);
}

function fixed32(value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value, true);
  return out;
}

/** CRC-32C (Castagnoli), bit-reversed polynomial 0x82f63b78, of each byte. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) {
    crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return crc >>> 0;
});

/** The CRC-32C of bytes. */
function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc = (crc >>> 8) ^ table[(crc ^ byte) & 0xff]!;
  }
  return ~crc >>> 0;
}

/** A masked checksum, rotated by 15 bits plus a constant, since the data may contain checksums itself. */
function maskedCrc32c(data: Uint8Array): number {
  const crc = crc32c(data);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

// Fields of a protobuf message: a number with the type of the value, then the value.

function number(field: number, value: number): Uint8Array {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

function double(field: number, value: number): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setFloat64(0, value, true);
  return Buffer.concat([varint(field * 8 + 1), out]);
}

function float(field: number, value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setFloat32(0, value, true);
  return Buffer.concat([varint(field * 8 + 5), out]);
}

function bytes(field: number, parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([varint(field * 8 + 2), varint(length), ...parts]);
}

function text(field: number, value: string): Uint8Array {
  return bytes(field, [new TextEncoder().encode(value)]);
}

/** Seven bits per byte, the lowest first; the highest bit says that more follow. */
function varint(value: number): Uint8Array {
  const out: number[] = [];
  for (let remaining = value; ; remaining = Math.floor(remaining / 128)) {
    const low = remaining % 128;
    if (remaining < 128) {
      return Uint8Array.of(...out, low);
    }
    out.push(low + 128);
  }
}
