// Builds an ONNX model, as the bytes that a session loads: nodes, constants, inputs and outputs.
import onnxProto from 'onnx-proto';
import { elementCount, isOpen, type Shape } from '../../tensor/shape.ts';
import type { AttributeValue, Emitter, Precision } from './emitter.ts';
import { inOrderOfReadiness, namesReadBy } from './nodeOrder.ts';

const { onnx } = onnxProto;
const { AttributeType } = onnx.AttributeProto;
const { DataType } = onnx.TensorProto;

/**
 * The prefixes for the names of results and constants, each followed by a number; ONNX requires C
 * identifiers.
 */
const RESULT = 'value_';
const CONSTANT = 'constant_';

/** Whether a name from the graph could collide with that of a result or a constant. */
export function isReservedName(name: string): boolean {
  return name.startsWith(RESULT) || name.startsWith(CONSTANT);
}

/** Collects the nodes of one ONNX graph, each after those whose results it reads. */
export class OnnxBuilder implements Emitter {
  readonly precision: Precision;
  private nodes: onnxProto.onnx.INodeProto[] = [];
  private named = 0;
  private readonly constants = new Map<string, onnxProto.onnx.ITensorProto>();
  /** The real constants by shape: equal ones, such as the tables of identical layers, are stored once. */
  private readonly arrays = new Map<string, (Float32Array | Float64Array)[]>();
  private readonly inputs: onnxProto.onnx.IValueInfoProto[] = [];
  private readonly outputs: onnxProto.onnx.IValueInfoProto[] = [];
  /** The shapes of tensors by name, where known here. */
  private readonly shapes = new Map<string, Shape>();
  /** The lists of 64-bit integers by name. */
  private readonly lists = new Map<string, readonly number[]>();
  /** The source of the elements of each reshape's result. */
  private readonly reshapes = new Map<string, string>();
  /** The names that results get because they are outputs of the graph. */
  private readonly renamed = new Map<string, string>();

  constructor(precision: Precision) {
    this.precision = precision;
  }

  node(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): string {
    return this.add(
      type,
      inputs,
      Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    );
  }

  repeat(start: string, limit: number, body: (value: string) => string): string {
    const outer = this.nodes;
    this.nodes = [];
    const [iteration, condition, value] = [this.freshName(), this.freshName(), this.freshName()];
    const next = body(value);
    const change = this.node('Abs', [this.node('Sub', [next, value])]);
    const largest = this.node('ReduceMax', [change], { keepdims: 0 });
    const changed = this.node('Greater', [largest, this.reals(Float64Array.of(0), [])]);
    const graph: onnxProto.onnx.IGraphProto = {
      name: 'body',
      node: this.nodes,
      input: [
        scalarInfo(iteration, DataType.INT64),
        scalarInfo(condition, DataType.BOOL),
        this.realInfo(value),
      ],
      output: [scalarInfo(changed, DataType.BOOL), this.realInfo(next)],
    };
    this.nodes = outer;
    // The second input, the condition before the first iteration, is optional, but not every runtime lets it be left out.
    return this.add(
      'Loop',
      [this.integers([limit]), this.truth(), start],
      [{ name: 'body', type: AttributeType.GRAPH, g: graph }],
    );
  }

  private add(type: string, inputs: readonly string[], attributes: onnxProto.onnx.IAttributeProto[]): string {
    const output = this.freshName();
    this.nodes.push({
      opType: type,
      name: `${type}_${output.slice(RESULT.length)}`,
      input: type === 'Reshape' ? this.pastReshapes(inputs, output) : [...inputs],
      output: [output],
      attribute: attributes,
    });
    return output;
  }

  /**
   * The inputs of a reshape; if it reshapes the result of another reshape, with that one's source instead.
   */
  private pastReshapes([x, target]: readonly string[], output: string): string[] {
    const lengths = this.lists.get(target!);
    if (!lengths) {
      // A computed shape may mean more than the shape itself: that x has to wait for what it is computed
      // from.
      return [x!, target!];
    }
    const shape = reshaped(this.shapes.get(x!), lengths);
    if (shape) {
      this.shapes.set(output, shape);
    }
    const source = this.reshapes.get(x!) ?? x!;
    this.reshapes.set(output, source);
    return [source, target!];
  }

  private freshName(): string {
    return `${RESULT}${this.named++}`;
  }

  reals(values: Float32Array | Float64Array, shape: readonly number[]): string {
    const array = this.precision === 'float32' ? Float32Array.from(values) : Float64Array.from(values);
    const dataType = this.precision === 'float32' ? DataType.FLOAT : DataType.DOUBLE;
    const key = `reals ${shape.join('x')}`;
    const sameShaped = this.arrays.get(key) ?? [];
    this.arrays.set(key, sameShaped);
    let index = sameShaped.findIndex((known) => sameBits(known, array));
    if (index < 0) {
      index = sameShaped.push(array) - 1;
    }
    return this.constant(`${key} #${index}`, dataType, shape, () => array);
  }

  integers(values: readonly number[]): string {
    const name = this.constant(`integers ${values.join(' ')}`, DataType.INT64, [values.length], () =>
      BigInt64Array.from(values, BigInt),
    );
    this.lists.set(name, values);
    return name;
  }

  /** The constant true. */
  private truth(): string {
    return this.constant('true', DataType.BOOL, [], () => Uint8Array.of(1));
  }

  indices(key: string, shape: readonly number[], make: () => Int32Array): string {
    return this.constant(`indices ${key}`, DataType.INT32, shape, make);
  }

  private constant(
    key: string,
    dataType: number,
    dims: readonly number[],
    make: () => ArrayBufferView,
  ): string {
    const known = this.constants.get(key);
    if (known) {
      return known.name!;
    }
    const name = `${CONSTANT}${this.constants.size}`;
    const { buffer, byteOffset, byteLength } = make();
    const rawData = new Uint8Array(buffer, byteOffset, byteLength);
    this.constants.set(key, { name, dataType, dims: [...dims], rawData });
    return name;
  }

  /** Declares the shape of a tensor. */
  describe(name: string, shape: Shape): void {
    this.shapes.set(name, shape);
  }

  /**
   * The shapes of results with an open batch where ONNX Runtime cannot infer how many times the batch an axis
   * is long, and of those that are reshaped to a computed shape. It plans by shape which results may share
   * memory, and takes time quadratic in the number of those whose shape it does not know.
   */
  private resultShapes(nodes: readonly onnxProto.onnx.INodeProto[]): onnxProto.onnx.IValueInfoProto[] {
    return nodes.flatMap(({ opType, input, output }) => {
      const name = output![0]!;
      const shape = this.shapes.get(name);
      const isUntold = (opType === 'Reshape' || opType === 'Loop') && !this.renamed.has(name);
      const isComputed = opType === 'Reshape' && !this.lists.has(input![1]!);
      return isUntold && shape && (isOpen(shape) || isComputed) ? [this.valueInfo(name, shape)] : [];
    });
  }

  /** Declares an input of the graph. */
  input(name: string, shape: Shape): void {
    this.describe(name, shape);
    this.inputs.push(this.valueInfo(name, shape));
  }

  /**
   * Declares that the tensor `source` is the graph's output `name`; as bytes, its values must be in 0..255.
   */
  output(name: string, source: string, shape: Shape, { bytes = false } = {}): void {
    if (bytes) {
      this.nodes.push({
        opType: 'Cast',
        name: `output_${name}`,
        input: [source],
        output: [name],
        attribute: [attribute('to', DataType.UINT8)],
      });
      this.outputs.push(this.valueInfo(name, shape, DataType.UINT8));
      return;
    }
    // A node's result is renamed; a copy is needed only for inputs, constants and tensors that are already an
    // output.
    if (source.startsWith(RESULT) && !this.renamed.has(source)) {
      this.renamed.set(source, name);
    } else {
      this.nodes.push({ opType: 'Identity', name: `output_${name}`, input: [source], output: [name] });
    }
    this.outputs.push(this.valueInfo(name, shape));
  }

  private valueInfo(
    name: string,
    shape: Shape,
    elemType: number = this.precision === 'float32' ? DataType.FLOAT : DataType.DOUBLE,
  ): onnxProto.onnx.IValueInfoProto {
    const dim = shape.map((length) =>
      length >= 0 ? { dimValue: length } : { dimParam: length === -1 ? 'N' : `${-length}N` },
    );
    return { name, type: { tensorType: { elemType, shape: { dim } } } };
  }

  /** The nodes on which an output depends: a reshape of a reshape leaves the first of them unused. */
  private neededNodes(): onnxProto.onnx.INodeProto[] {
    const needed = new Set([...this.outputs.map(({ name }) => name!), ...this.renamed.keys()]);
    const nodes = this.nodes.toReversed().filter((node) => {
      const isNeeded = needed.has(node.output![0]!);
      if (isNeeded) {
        for (const name of namesReadBy(node)) {
          needed.add(name);
        }
      }
      return isNeeded;
    });
    return nodes.reverse();
  }

  /** The nodes, including those of inner graphs, with the names that results have as outputs. */
  private withOutputNames(nodes: readonly onnxProto.onnx.INodeProto[]): onnxProto.onnx.INodeProto[] {
    const rename = (name: string): string => this.renamed.get(name) ?? name;
    return nodes.map((node) => ({
      ...node,
      input: node.input?.map(rename) ?? [],
      output: node.output?.map(rename) ?? [],
      attribute:
        node.attribute?.map((given) =>
          given.g ? { ...given, g: { ...given.g, node: this.withOutputNames(given.g.node ?? []) } } : given,
        ) ?? [],
    }));
  }

  /** A real tensor of an inner graph, of any shape. */
  private realInfo(name: string): onnxProto.onnx.IValueInfoProto {
    const elemType = this.precision === 'float32' ? DataType.FLOAT : DataType.DOUBLE;
    return { name, type: { tensorType: { elemType } } };
  }

  /** The model as ONNX bytes, opset 20. */
  build(): Uint8Array {
    const nodes = inOrderOfReadiness(this.neededNodes());
    const read = new Set(nodes.flatMap(namesReadBy));
    const model: onnxProto.onnx.IModelProto = {
      irVersion: 9,
      opsetImport: [{ domain: '', version: 20 }],
      producerName: 'emerging-flows',
      graph: {
        name: 'program',
        node: this.withOutputNames(nodes),
        // The constants of nodes that were left out are unused too, and ONNX Runtime would warn about them.
        initializer: [...this.constants.values()].filter(({ name }) => read.has(name!)),
        valueInfo: this.resultShapes(nodes),
        input: this.inputs,
        output: this.outputs,
      },
    };
    return onnx.ModelProto.encode(model).finish();
  }
}

/**
 * The shape of a reshaped tensor, its open or missing axis inferred; undefined if the source's shape is not
 * known.
 */
function reshaped(source: Shape | undefined, target: readonly number[] | undefined): Shape | undefined {
  if (!source || !target) {
    return undefined;
  }
  const rest = target.reduce((product, length) => (length < 0 ? product : product * length), 1);
  return target.map((length) => (length < 0 ? elementCount(source) / rest : length));
}

/**
 * Whether two arrays of the same type and length hold the same bits: zeros of opposite sign differ,
 * identical NaNs do not.
 */
function sameBits(a: Float32Array | Float64Array, b: Float32Array | Float64Array): boolean {
  const [left, right] = [new Uint32Array(a.buffer), new Uint32Array(b.buffer)];
  return left.every((bits, index) => bits === right[index]);
}

function scalarInfo(name: string, elemType: number): onnxProto.onnx.IValueInfoProto {
  return { name, type: { tensorType: { elemType, shape: { dim: [] } } } };
}

function attribute(name: string, value: AttributeValue): onnxProto.onnx.IAttributeProto {
  if (typeof value === 'string') {
    return { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) };
  }
  if (typeof value === 'number') {
    return { name, type: AttributeType.INT, i: value };
  }
  return 'real' in value
    ? { name, type: AttributeType.FLOAT, f: value.real }
    : { name, type: AttributeType.INTS, ints: [...value] };
}
