// Messages in the protobuf wire format, written: the part of it that an ONNX model needs. See
// https://protobuf.dev/programming-guides/encoding/.
import { joinBytes } from '../../platform/joinBytes.ts';

/** How the value of a field is laid out. */
const wireTypes = { varint: 0, lengthDelimited: 2, fixed32: 5 } as const;

const encoder = new TextEncoder();

/** A message in the making; its fields are written in the order of the calls. */
export class Message {
  /** Finished pieces, large ones as they are, and the bytes after them. */
  private readonly pieces: Uint8Array[] = [];
  private bytes: number[] = [];
  private finished = 0;

  /** The number of bytes so far. */
  get length(): number {
    return this.finished + this.bytes.length;
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
    this.bytes.push(...new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  /** Adds a text. */
  text(field: number, value: string): this {
    return this.data(field, encoder.encode(value));
  }

  /** Adds texts one by one. */
  texts(field: number, values: readonly string[]): this {
    for (const value of values) {
      this.text(field, value);
    }
    return this;
  }

  /** Adds bytes, which are not copied before the message is finished. */
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
    this.piece(Uint8Array.from(value.bytes));
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
    return joinBytes([...this.pieces, Uint8Array.from(this.bytes)]);
  }

  private tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  /** Seven bits a byte, the lowest first; a negative integer as its two's complement of 64 bits. */
  private varint(value: number): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 127n; rest >>= 7n) {
      this.bytes.push(Number(rest & 127n) | 128);
    }
    this.bytes.push(Number(rest));
  }

  private piece(value: Uint8Array): void {
    if (value.length < SMALL) {
      this.bytes.push(...value);
      return;
    }
    this.pieces.push(Uint8Array.from(this.bytes), value);
    this.finished += this.bytes.length + value.length;
    this.bytes = [];
  }
}

/** Pieces of fewer bytes are copied into those around them. */
const SMALL = 256;
