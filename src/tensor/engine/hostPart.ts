// The part of a program that the host computes in float64, between sessions: determinants and inverses of small matrices, the
// matrices of a corner convolution between tiles, and its sequential inverse; where its operands come from, and how its
// results reach the session.
//
// ONNX Runtime has Det in float32 only, where it underflows and overflows, and neither Det nor Inverse on a
// GPU. The matrices are weights, at most a few hundred wide, so the host is exact and fast enough.
import {
  type ComplexInverses,
  cornerTiles,
  countElements,
  decompose,
  invert,
  invertComplexMatrices,
  type LuDecomposition,
  logAbsPivotProduct,
  type NdArray,
  solveCornerSequentially,
  type TileOptions,
} from '../../core/numeric/index.ts';
import { concatenate, reshape, viewSource } from '../operations/layout.ts';
import type { CornerOptions } from '../operations/solveCorner.ts';
import { constantValue, elementCount, type Shape, type Tensor } from '../tensor.ts';
import { DeviceArray, type NamedArrays, type ProgramArrays } from './arrays.ts';

/** A tensor that the host computes, under its name in the session, and where its operands come from. */
export interface HostNode {
  readonly name: string;
  readonly tensor: Tensor;
  readonly operands: readonly Operand[];
}

/** A constant, or a range of an array by name: an input of the session or an output of the prelude. */
type Operand = NdArray | { readonly name: string; readonly start: number; readonly shape: Shape };

/** The input of a session that holds the results of the host one after the other. */
export const HOSTED = 'hosted';

/** The name of an input within the session, where an output may have the same name. */
export function feedName(name: string): string {
  return `input ${name}`;
}

/**
 * Where the operands of the host come from: parts of inputs where possible, outputs of the prelude otherwise. Without the
 * inputs' names, all are one output of the prelude, one after the other, since each array that comes from a device costs a
 * wait; their shapes must be fixed then.
 */
export class Operands {
  private readonly known: ReadonlyMap<Tensor, NdArray>;
  private readonly names: ReadonlyMap<Tensor, string> | undefined;
  /** The outputs of the prelude, each with its start in the packed array or its number: several operations may use one. */
  private readonly computed = new Map<Tensor, number>();
  private length = 0;

  constructor(values: ReadonlyMap<Tensor, NdArray>, names?: ReadonlyMap<Tensor, string>) {
    this.known = values;
    this.names = names;
  }

  /** Where a tensor comes from. */
  of(tensor: Tensor): Operand {
    return this.known.get(tensor) ?? constantValue(tensor) ?? this.partOfInput(tensor) ?? this.output(tensor);
  }

  private partOfInput(tensor: Tensor): Operand | undefined {
    let source = tensor;
    let start = 0;
    for (let view = viewSource(source); view && !this.names?.has(source); view = viewSource(source)) {
      source = view.source;
      start += view.start;
    }
    const name = this.names?.get(source);
    return name === undefined ? undefined : { name: feedName(name), start, shape: tensor.shape };
  }

  private output(tensor: Tensor): Operand {
    const start = this.computed.get(tensor) ?? this.length;
    if (!this.computed.has(tensor)) {
      this.computed.set(tensor, start);
      this.length += this.names ? 1 : elementCount(tensor.shape);
    }
    const { shape } = tensor;
    return this.names ? { name: `operand${start}`, start: 0, shape } : { name: 'operands', start, shape };
  }

  /** The outputs of the prelude. */
  outputs(): Readonly<Record<string, Tensor>> {
    const tensors = [...this.computed.keys()];
    if (this.names) {
      return Object.fromEntries(tensors.map((tensor, index) => [`operand${index}`, tensor]));
    }
    const flat = tensors.map((tensor) => reshape(tensor, [elementCount(tensor.shape)]));
    return flat.length === 0 ? {} : { operands: concatenate(flat, 0) };
  }
}

/** The feeds that are on the host, by their names in the session. */
export function hostFeeds(feeds: ProgramArrays): Record<string, NdArray> {
  return Object.fromEntries(
    Object.entries(feeds).flatMap(([name, array]) =>
      array instanceof DeviceArray ? [] : [[feedName(name), array]],
    ),
  );
}

/** The values of tensors that the host computes from arrays by name. */
export function hostValues(nodes: readonly HostNode[], arrays: NamedArrays): Record<string, NdArray> {
  // Operations on the same matrix receive the same array, and can share their work.
  const views = new Map<string, NdArray>();
  return Object.fromEntries(
    nodes.map(({ name, tensor, operands }) => [
      name,
      hostedValue(
        tensor,
        operands.map((operand) => operandView(operand, arrays, views)),
      ),
    ]),
  );
}

/** The values of arrays one after the other, in float64, as the host computes them. */
export function packed(arrays: NamedArrays): NdArray {
  const values = Object.values(arrays);
  const data = new Float64Array(values.reduce((total, { shape }) => total + countElements(shape), 0));
  let start = 0;
  for (const array of values) {
    data.set(array.data, start);
    start += array.data.length;
  }
  return { shape: [data.length], data };
}

function operandView(operand: Operand, arrays: NamedArrays, views: Map<string, NdArray>): NdArray {
  if ('data' in operand) {
    return operand;
  }
  const { name, start, shape: declared } = operand;
  const key = `${name} ${start} ${declared.join('x')}`;
  const array = arrays[name];
  if (!array) {
    throw new Error(`'${name}' is in device memory, but the host needs it`);
  }
  const { data } = array;
  // An open axis has the length that the array implies, which only a whole array does.
  const shape = declared.map((length) =>
    length < 0 ? data.length / (elementCount(declared) / length) : length,
  );
  const view = views.get(key) ?? { shape, data: data.subarray(start, start + elementCount(shape)) };
  views.set(key, view);
  return view;
}

/** Computes a tensor from the values of its inputs. */
type Hosted<A = unknown> = (inputs: readonly NdArray[], attributes: A) => NdArray;

/**
 * The determinant and the inverse of a matrix need the same decomposition: it is computed once if both
 * receive the same array.
 */
const decompositionCache = new WeakMap<NdArray, LuDecomposition[]>();

function luDecompositions(w: NdArray): LuDecomposition[] {
  let decompositions = decompositionCache.get(w);
  if (!decompositions) {
    const size = w.shape.at(-1)!;
    const area = size * size;
    decompositions = Array.from({ length: w.data.length / area }, (_, index) =>
      decompose(w.data.subarray(index * area, (index + 1) * area), size),
    );
    decompositionCache.set(w, decompositions);
  }
  return decompositions;
}

/** The same for complex matrices, whose inverse and determinant come from one elimination. */
const knownComplex = new WeakMap<NdArray, ComplexInverses>();

function invertComplex(w: NdArray): ComplexInverses {
  const inverses = knownComplex.get(w) ?? invertComplexMatrices(w.data, w.shape.at(-1)!);
  knownComplex.set(w, inverses);
  return inverses;
}

const logAbsDet: Hosted = ([w]) => ({
  shape: w!.shape.slice(0, -2),
  data: Float64Array.from(luDecompositions(w!), logAbsPivotProduct),
});

const inverse: Hosted = ([w]) => {
  const data = new Float64Array(w!.data.length);
  luDecompositions(w!).forEach((decomposition, index) => {
    data.set(invert(decomposition), index * decomposition.size ** 2);
  });
  return { shape: w!.shape, data };
};

const complexLogAbsDet: Hosted = ([w]) => ({
  shape: w!.shape.slice(1, -2),
  data: invertComplex(w!).logAbsDets,
});

const complexInverse: Hosted = ([w]) => ({ shape: w!.shape, data: invertComplex(w!).inverses });

const tilesOfCorner: Hosted<TileOptions> = ([kernel], options) => cornerTiles(kernel!, options);

/** Images for the mirrored solution come turned by 180°. */
const solveCorner: Hosted<CornerOptions> = ([y, kernel], { dilation }) =>
  solveCornerSequentially(y!, kernel!, dilation);

const hosted: Readonly<Record<string, Hosted<never>>> = {
  complexInverse,
  complexLogAbsDet,
  cornerTiles: tilesOfCorner,
  inverse,
  logAbsDet,
  solveCorner,
};

/** Whether the host computes a tensor. */
export function isHosted({ operation }: Tensor): boolean {
  return operation.name in hosted;
}

/** The value of a tensor that the host computes. */
function hostedValue({ operation, attributes }: Tensor, inputs: readonly NdArray[]): NdArray {
  return hosted[operation.name]!(inputs, attributes as never);
}
