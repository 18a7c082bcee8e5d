// Messages in the protobuf wire format, written: the part of it that an ONNX model needs. See
// https://protobuf.dev/programming-guides/encoding/.
import { joinBytes } from '../../../core/platform/index.ts';

/** How the value of a field is laid out. */
const wireTypes = { varint: 0, lengthDelimited: 2, fixed32: 5 } as const;

const encoder = new TextEncoder();

/** A message in the making; its fields are written in the order of the calls. */
export class Message {
  /** Finished pieces, large ones uncopied, and the bytes after them, `used` of them written. */
  private readonly pieces: Uint8Array[] = [];
  private bytes = new Uint8Array(SMALL);
  private used = 0;
  private finished = 0;

  /** The number of bytes so far. */
  get length(): number {
    return this.finished + this.used;
  }

  /** Adds an integer, which may be negative. */
  integer(field: number, value: number): this {
    this.tag(field, wireTypes.varint);
    this.varint(value);
    return this;
  }

  /** Adds integers, packed into one field; nothing if there are none. */
  integers(field: number, values: readonly number[]): this {
    const packed = new Message();
    for (const value of values) {
      packed.varint(value);
    }
    return values.length === 0 ? this : this.message(field, packed);
  }

  /** Adds a float32. */
  real(field: number, value: number): this {
    this.tag(field, wireTypes.fixed32);
    this.piece(new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  /** Adds a text. */
  text(field: number, value: string): this {
    const start = this.used;
    this.tag(field, wireTypes.lengthDelimited);
    this.varint(value.length);
    this.reserve(value.length);
    for (let index = 0; index < value.length; index++) {
      const unit = value.charCodeAt(index);
      if (unit > 127) {
        this.used = start;
        return this.data(field, encoder.encode(value));
      }
      this.bytes[this.used++] = unit;
    }
    return this;
  }

  /** Adds texts one by one. */
  texts(field: number, values: readonly string[]): this {
    for (const value of values) {
      this.text(field, value);
    }
    return this;
  }

  /** Adds bytes, which are not copied before the message is finished if they are many. */
  data(field: number, value: Uint8Array): this {
    this.tag(field, wireTypes.lengthDelimited);
    this.varint(value.length);
    this.piece(value);
    return this;
  }

  /** Adds a message. */
  message(field: number, value: Message): this {
    this.tag(field, wireTypes.lengthDelimited);
    this.varint(value.length);
    for (const piece of value.pieces) {
      this.piece(piece);
    }
    this.piece(value.bytes.subarray(0, value.used));
    return this;
  }

  /** Adds messages one by one. */
  messages(field: number, values: readonly Message[]): this {
    for (const value of values) {
      this.message(field, value);
    }
    return this;
  }

  /** The bytes of the message. */
  finish(): Uint8Array {
    return joinBytes([...this.pieces, this.bytes.subarray(0, this.used)]);
  }

  private tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  /** Seven bits a byte, the lowest first; a negative integer as its two's complement of 64 bits. */
  private varint(value: number): void {
    this.reserve(10);
    if (value < 0) {
      this.wideVarint(BigInt.asUintN(64, BigInt(value)));
      return;
    }
    let remaining = value;
    for (; remaining > 127; remaining = Math.floor(remaining / 128)) {
      this.bytes[this.used++] = (remaining % 128) + 128;
    }
    this.bytes[this.used++] = remaining;
  }

  private wideVarint(value: bigint): void {
    let remaining = value;
    for (; remaining > 127n; remaining >>= 7n) {
      this.bytes[this.used++] = Number(remaining & 127n) + 128;
    }
    this.bytes[this.used++] = Number(remaining);
  }

  private piece(value: Uint8Array): void {
    if (value.length >= LARGE) {
      this.pieces.push(this.bytes.slice(0, this.used), value);
      this.finished += this.used + value.length;
      this.used = 0;
      return;
    }
    this.reserve(value.length);
    this.bytes.set(value, this.used);
    this.used += value.length;
  }

  /** Makes room for more bytes. */
  private reserve(count: number): void {
    if (this.used + count > this.bytes.length) {
      const larger = new Uint8Array(2 * this.bytes.length + count);
      larger.set(this.bytes.subarray(0, this.used));
      this.bytes = larger;
    }
  }
}

/** The bytes that a message has room for at first: V8 allocates arrays of at most 64 bytes much faster than larger ones. */
const SMALL = 64;

/** Pieces of fewer bytes are copied into those around them. */
const LARGE = 4096;
