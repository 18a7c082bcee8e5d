// The bytes of ONNX models, read and written again by an independent implementation.
import onnxProto from 'onnx-proto';
import { expect, it } from 'vitest';
import { elementTypes, type GraphProto, modelBytes } from './modelBytes.ts';

const { ModelProto } = onnxProto.onnx;

const inner: GraphProto = {
  name: 'body',
  node: [{ opType: 'Abs', name: 'a', input: ['value'], output: ['next'], attribute: [] }],
  initializer: [],
  input: [{ name: 'value', elementType: elementTypes.float64 }],
  output: [{ name: 'next', elementType: elementTypes.bool, shape: [] }],
  valueInfo: [],
};

// Long enough to be kept as pieces, and beyond what a call can take as arguments.
const long = Uint8Array.from({ length: 300_000 }, (_, index) => index * 7);
const graph: GraphProto = {
  name: 'program',
  node: [
    {
      opType: 'Loop',
      name: 'größer',
      input: ['limit', '', 'start'],
      output: ['end'],
      attribute: [
        { name: 'alpha', real: -0.1 },
        { name: 'axis', integer: -2 },
        { name: 'pads', integers: [0, -1, 127, 128, 300, 2 ** 40, -(2 ** 40)] },
        { name: 'body', graph: inner },
      ],
    },
    ...Array.from({ length: 20_000 }, (_, index) => ({
      opType: 'Add',
      name: `Add_${index}`,
      input: [`x${index}`, 'y'],
      output: [`x${index + 1}`],
      attribute: [],
    })),
  ],
  initializer: [
    { name: 'long', dataType: elementTypes.uint8, dims: [300_000], rawData: long },
    { name: 'short', dataType: elementTypes.float32, dims: [1, 1], rawData: Uint8Array.of(0, 0, 128, 63) },
    { name: 'scalar', dataType: elementTypes.int64, dims: [], rawData: new Uint8Array(8) },
  ],
  input: [{ name: 'start', elementType: elementTypes.float32, shape: ['N', 28, '2N'] }],
  output: [{ name: 'end', elementType: elementTypes.int32, shape: [200] }],
  valueInfo: [{ name: 'x1', elementType: elementTypes.float32, shape: [0] }],
};

it('are those that the implementation of the format writes', () => {
  const bytes = modelBytes(graph);
  expect(Buffer.compare(ModelProto.encode(ModelProto.decode(bytes)).finish(), bytes)).toBe(0);
});

it('hold what was put in', () => {
  const { irVersion, opsetImport, producerName, graph: decodedGraph } = ModelProto.decode(modelBytes(graph));
  expect([Number(irVersion), Number(opsetImport[0]!.version), producerName]).toEqual([
    9,
    20,
    'emerging-flows',
  ]);
  const [loop] = decodedGraph!.node!;
  expect(loop).toMatchObject({
    opType: 'Loop',
    name: 'größer',
    input: ['limit', '', 'start'],
    output: ['end'],
  });
  const attributes = Object.fromEntries(loop!.attribute!.map((attribute) => [attribute.name!, attribute]));
  expect(attributes.alpha!.f).toBe(Math.fround(-0.1));
  expect(Number(attributes.axis!.i)).toBe(-2);
  expect(attributes.pads!.ints!.map(Number)).toEqual([0, -1, 127, 128, 300, 2 ** 40, -(2 ** 40)]);
  expect(attributes.body!.g!.output![0]!.type!.tensorType).toMatchObject({
    elemType: elementTypes.bool,
    shape: { dim: [] },
  });
  expect(attributes.body!.g!.input![0]!.type!.tensorType!.shape).toBeNull();
  expect(Object.values(attributes).map(({ type }) => type)).toEqual([1, 2, 7, 5]);
  expect(decodedGraph!.node).toHaveLength(20_001);
  const [longTensor, shortTensor] = decodedGraph!.initializer!;
  expect(Buffer.compare(longTensor!.rawData!, long)).toBe(0);
  expect(shortTensor).toMatchObject({ name: 'short', dataType: elementTypes.float32 });
  expect(shortTensor!.dims!.map(Number)).toEqual([1, 1]);
  const axes = decodedGraph!.input![0]!.type!.tensorType!.shape!.dim!;
  expect(axes.map(({ dimParam, dimValue }) => dimParam || Number(dimValue))).toEqual(['N', 28, '2N']);
});
