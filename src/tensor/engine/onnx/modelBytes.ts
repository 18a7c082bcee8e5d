// The bytes of an ONNX model: its messages with the field numbers of
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
import { Message } from './protobuf.ts';

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
  | { readonly text: string }
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
  if ('text' in attribute) {
    return message.text(4, attribute.text).integer(type, 3);
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
