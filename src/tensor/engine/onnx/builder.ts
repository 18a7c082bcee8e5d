// Builds an ONNX model, as the bytes that a session loads: nodes, constants, inputs and outputs.
import {
  type AttributeValue,
  type Emitter,
  elementCount,
  isOpen,
  type Precision,
  type Shape,
} from '../../tensor.ts';
import {
  type AttributeProto,
  type ElementType,
  elementTypes,
  type GraphProto,
  modelBytes,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './modelBytes.ts';
import { inOrderOfReadiness, namesReadBy } from './nodeOrder.ts';

/**
 * The prefixes for the names of results and constants, each followed by a number; ONNX requires C
 * identifiers.
 */
const RESULT = 'value_';
const CONSTANT = 'constant_';

/** Whether a name from the graph could collide with a result's or a constant's. */
export function isReservedName(name: string): boolean {
  return name.startsWith(RESULT) || name.startsWith(CONSTANT);
}

/** Collects the nodes of one ONNX graph, each after those whose results it reads. */
export class OnnxBuilder implements Emitter {
  readonly precision: Precision;
  private added: NodeProto[] = [];
  private named = 0;
  private readonly constants = new Map<string, TensorProto>();
  /** The real constants by shape: equal ones, such as the tables of identical layers, are stored once. */
  private readonly arrays = new Map<string, (Float32Array | Float64Array)[]>();
  private readonly inputs: ValueInfoProto[] = [];
  private readonly outputs: ValueInfoProto[] = [];
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
    return this.nodes(type, inputs, 1, attributes)[0]!;
  }

  nodes(
    type: string,
    inputs: readonly string[],
    outputs: number,
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): string[] {
    const nodeAttributes = Object.entries(attributes).map(([name, value]) => attribute(name, value));
    return this.add(type, inputs, nodeAttributes, outputs);
  }

  repeat(start: string, limit: number, body: (value: string) => string): string {
    const outer = this.added;
    this.added = [];
    const [iteration, condition, value] = [this.freshName(), this.freshName(), this.freshName()];
    const next = body(value);
    const zero = this.reals(Float64Array.of(0), []);
    const change = this.node('Abs', [this.node('Sub', [next, value])]);
    // A NaN never converges: exclude it, since it must not keep the other images from converging.
    const numbers = this.node('Where', [this.node('Greater', [change, zero]), change, zero]);
    const largest = this.node('ReduceMax', [numbers], { keepdims: 0 });
    const changed = this.node('Greater', [largest, zero]);
    const graph: GraphProto = {
      name: 'body',
      node: this.added,
      initializer: [],
      valueInfo: [],
      input: [
        scalarInfo(iteration, elementTypes.int64),
        scalarInfo(condition, elementTypes.bool),
        this.realInfo(value),
      ],
      output: [scalarInfo(changed, elementTypes.bool), this.realInfo(next)],
    };
    this.added = outer;
    // The second input, the condition before the first iteration, is optional, but not every runtime lets it be left out.
    return this.add('Loop', [this.integers([limit]), this.truth(), start], [{ name: 'body', graph }])[0]!;
  }

  private add(type: string, inputs: readonly string[], attributes: AttributeProto[], outputs = 1): string[] {
    const output = Array.from({ length: outputs }, () => this.freshName());
    const [first] = output as [string];
    this.added.push({
      opType: type,
      name: `${type}_${first.slice(RESULT.length)}`,
      input: type === 'Reshape' ? this.pastReshapes(inputs, first) : [...inputs],
      output,
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
    const array = this.precision === 'float32' ? new Float32Array(values) : new Float64Array(values);
    const dataType = elementTypes[this.precision];
    const key = `reals ${shape.join('x')}`;
    const sameShaped = this.arrays.get(key) ?? [];
    this.arrays.set(key, sameShaped);
    let index = sameShaped.findIndex((stored) => sameBits(stored, array));
    if (index < 0) {
      index = sameShaped.push(array) - 1;
    }
    return this.constant(`${key} #${index}`, dataType, shape, () => array);
  }

  integers(values: readonly number[]): string {
    const name = this.constant(`integers ${values.join(' ')}`, elementTypes.int64, [values.length], () =>
      BigInt64Array.from(values, BigInt),
    );
    this.lists.set(name, values);
    return name;
  }

  /** The constant true. */
  private truth(): string {
    return this.constant('true', elementTypes.bool, [], () => Uint8Array.of(1));
  }

  indices(key: string, shape: readonly number[], make: () => Int32Array): string {
    return this.constant(`indices ${key}`, elementTypes.int32, shape, make);
  }

  private constant(
    key: string,
    dataType: ElementType,
    dims: readonly number[],
    make: () => ArrayBufferView,
  ): string {
    const existing = this.constants.get(key);
    if (existing) {
      return existing.name;
    }
    const name = `${CONSTANT}${this.constants.size}`;
    const { buffer, byteOffset, byteLength } = make();
    const rawData = new Uint8Array(buffer, byteOffset, byteLength);
    this.constants.set(key, { name, dataType, dims, rawData });
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
  private resultShapes(nodes: readonly NodeProto[]): ValueInfoProto[] {
    return nodes.flatMap(({ opType, input, output }) => {
      const name = output[0]!;
      const shape = this.shapes.get(name);
      const isUntold = (opType === 'Reshape' || opType === 'Loop') && !this.renamed.has(name);
      const isComputed = opType === 'Reshape' && !this.lists.has(input[1]!);
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
    // A node's result is renamed; a copy is needed only for inputs, constants and tensors that are already an
    // output.
    if (!bytes && source.startsWith(RESULT) && !this.renamed.has(source)) {
      this.renamed.set(source, name);
    } else {
      this.added.push({
        opType: bytes ? 'Cast' : 'Identity',
        name: `output_${name}`,
        input: [source],
        output: [name],
        attribute: bytes ? [attribute('to', elementTypes.uint8)] : [],
      });
    }
    this.outputs.push(this.valueInfo(name, shape, bytes ? elementTypes.uint8 : undefined));
  }

  private valueInfo(
    name: string,
    shape: Shape,
    elementType: ElementType = elementTypes[this.precision],
  ): ValueInfoProto {
    const axes = shape.map((length) => (length >= 0 ? length : length === -1 ? 'N' : `${-length}N`));
    return { name, elementType, shape: axes };
  }

  /** The nodes on which an output depends: a reshape of a reshape leaves the first of them unused. */
  private neededNodes(): NodeProto[] {
    const needed = new Set([...this.outputs.map(({ name }) => name), ...this.renamed.keys()]);
    const nodes = this.added.toReversed().filter((node) => {
      const isNeeded = node.output.some((name) => needed.has(name));
      if (isNeeded) {
        for (const name of namesReadBy(node)) {
          needed.add(name);
        }
      }
      return isNeeded;
    });
    return nodes.reverse();
  }

  /** The nodes, including inner graphs, with the names that results have as outputs. */
  private withOutputNames(nodes: readonly NodeProto[]): NodeProto[] {
    const rename = (name: string): string => this.renamed.get(name) ?? name;
    return nodes.map((node) => ({
      ...node,
      input: node.input.map(rename),
      output: node.output.map(rename),
      attribute: node.attribute.map((nodeAttribute) =>
        'graph' in nodeAttribute
          ? {
              ...nodeAttribute,
              graph: { ...nodeAttribute.graph, node: this.withOutputNames(nodeAttribute.graph.node) },
            }
          : nodeAttribute,
      ),
    }));
  }

  /** A real tensor of an inner graph, of any shape. */
  private realInfo(name: string): ValueInfoProto {
    return { name, elementType: elementTypes[this.precision] };
  }

  /** The model as ONNX bytes, opset 20. */
  build(): Uint8Array {
    const nodes = inOrderOfReadiness(this.neededNodes());
    const read = new Set(nodes.flatMap(namesReadBy));
    return modelBytes({
      name: 'program',
      node: this.withOutputNames(nodes),
      // The constants of nodes that were left out are unused too, and ONNX Runtime would warn about them.
      initializer: [...this.constants.values()].filter(({ name }) => read.has(name)),
      valueInfo: this.resultShapes(nodes),
      input: this.inputs,
      output: this.outputs,
    });
  }
}

/**
 * The shape of a reshaped tensor, its open or missing axis inferred; undefined if the source's shape is not
 * known.
 */
function reshaped(source: Shape | undefined, target: readonly number[]): Shape | undefined {
  if (!source) {
    return undefined;
  }
  const product = target.reduce((product, length) => (length < 0 ? product : product * length), 1);
  return target.map((length) => (length < 0 ? elementCount(source) / product : length));
}

/**
 * Whether two arrays of the same type and length hold the same bits: zeros of opposite sign differ,
 * identical NaNs do not.
 */
function sameBits(a: Float32Array | Float64Array, b: Float32Array | Float64Array): boolean {
  const [bitsOfA, bitsOfB] = [new Uint32Array(a.buffer), new Uint32Array(b.buffer)];
  return bitsOfA.every((bits, index) => bits === bitsOfB[index]);
}

function scalarInfo(name: string, elementType: ElementType): ValueInfoProto {
  return { name, elementType, shape: [] };
}

function attribute(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === 'number') {
    return { name, integer: value };
  }
  return 'real' in value ? { name, real: value.real } : { name, integers: value };
}
