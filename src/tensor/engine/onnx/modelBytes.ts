// The bytes of an ONNX model: its messages with the field numbers of
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, in the part of the protobuf wire format that they need, see
// https://protobuf.dev/programming-guides/encoding/.
import { joinBytes } from '../../../core/numeric/index.ts';

/** The element types of tensors, by their numbers in the format. */
export const elementTypes = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
} as const;

/** The number of an element type. */
export type ElementType = (typeof elementTypes)[keyof typeof elementTypes];

/** A constant with its elements as bytes. */
export interface TensorProto {
  readonly name: string;
  readonly dataType: ElementType;
  readonly dims: readonly number[];
  readonly rawData: Uint8Array;
}

/** An attribute of a node: a number, its value named by its type, or a graph. */
export type AttributeProto = { readonly name: string } & (
  | { readonly real: number }
  | { readonly integer: number }
  | { readonly integers: readonly number[] }
  | { readonly graph: GraphProto }
);

/** One operation. An input named '' is left out. */
export interface NodeProto {
  readonly opType: string;
  readonly name: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly AttributeProto[];
}

/** The name, element type and shape of a tensor; a text is an axis of unknown length, without `shape` all are. */
export interface ValueInfoProto {
  readonly name: string;
  readonly elementType: ElementType;
  readonly shape?: readonly (number | string)[];
}

/** A graph, or the body of a loop. */
export interface GraphProto {
  readonly name: string;
  readonly node: readonly NodeProto[];
  readonly initializer: readonly TensorProto[];
  readonly input: readonly ValueInfoProto[];
  readonly output: readonly ValueInfoProto[];
  readonly valueInfo: readonly ValueInfoProto[];
}

/** The version of the format, and of its operators. */
const IR_VERSION = 9;
const OPSET = 20;

/** The bytes of a model with a graph. */
export function modelBytes(graph: GraphProto): Uint8Array {
  const operatorSet = new Message().text(1, '').integer(2, OPSET);
  return new Message()
    .integer(1, IR_VERSION)
    .text(2, 'emerging-flows')
    .message(7, graphMessage(graph))
    .message(8, operatorSet)
    .finish();
}

function graphMessage({ name, node, initializer, input, output, valueInfo }: GraphProto): Message {
  return new Message()
    .messages(1, node.map(nodeMessage))
    .text(2, name)
    .messages(5, initializer.map(tensorMessage))
    .messages(11, input.map(valueMessage))
    .messages(12, output.map(valueMessage))
    .messages(13, valueInfo.map(valueMessage));
}

function nodeMessage({ opType, name, input, output, attribute }: NodeProto): Message {
  return new Message()
    .texts(1, input)
    .texts(2, output)
    .text(3, name)
    .text(4, opType)
    .messages(5, attribute.map(attributeMessage));
}

function attributeMessage(attribute: AttributeProto): Message {
  const message = new Message().text(1, attribute.name);
  const type = 20;
  if ('real' in attribute) {
    return message.real(2, attribute.real).integer(type, 1);
  }
  if ('integer' in attribute) {
    return message.integer(3, attribute.integer).integer(type, 2);
  }
  return 'graph' in attribute
    ? message.message(6, graphMessage(attribute.graph)).integer(type, 5)
    : message.integers(8, attribute.integers).integer(type, 7);
}

function tensorMessage({ name, dataType, dims, rawData }: TensorProto): Message {
  return new Message().integers(1, dims).integer(2, dataType).text(8, name).data(9, rawData);
}

function valueMessage({ name, elementType, shape }: ValueInfoProto): Message {
  const tensor = new Message().integer(1, elementType);
  if (shape !== undefined) {
    const axes = shape.map((length) =>
      typeof length === 'number' ? new Message().integer(1, length) : new Message().text(2, length),
    );
    tensor.message(2, new Message().messages(1, axes));
  }
  return new Message().text(1, name).message(2, new Message().message(1, tensor));
}

/** How the value of a field is laid out. */
const wireTypes = { varint: 0, lengthDelimited: 2, fixed32: 5 } as const;

const encoder = new TextEncoder();

/** A message in the making; its fields are written in the order of the calls. */
class Message {
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
