// The part of a program that the host computes: where its operands come from, and how its results reach the session.
import { countElements, type NdArray } from '../../core/numeric/index.ts';
import { concatenate, reshape, viewSource } from '../operations/layout.ts';
import { elementCount, type Shape } from '../shape.ts';
import { constantValue, type Tensor } from '../tensor.ts';
import { DeviceArray, type NamedArrays, type ProgramArrays } from './arrays.ts';
import { hostedValue } from './hosted.ts';

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

/** The operands of the host, each an array of its own: parts of inputs where possible, outputs of the prelude otherwise. */
export class SeparateOperands {
  private readonly known: ReadonlyMap<Tensor, NdArray>;
  private readonly names: ReadonlyMap<Tensor, string>;
  /** The outputs of the prelude: operations on one tensor share the work on its array. */
  private readonly computed = new Map<Tensor, string>();

  constructor(values: ReadonlyMap<Tensor, NdArray>, names: ReadonlyMap<Tensor, string>) {
    this.known = values;
    this.names = names;
  }

  /** Where a tensor comes from. */
  of(tensor: Tensor): Operand {
    const fixed = this.known.get(tensor) ?? constantValue(tensor);
    if (fixed) {
      return fixed;
    }
    let source = tensor;
    let start = 0;
    for (let view = viewSource(source); view && !this.names.has(source); view = viewSource(source)) {
      source = view.source;
      start += view.start;
    }
    const inputName = this.names.get(source);
    if (inputName !== undefined) {
      return { name: feedName(inputName), start, shape: tensor.shape };
    }
    const name = this.computed.get(tensor) ?? `operand${this.computed.size}`;
    this.computed.set(tensor, name);
    return { name, start: 0, shape: tensor.shape };
  }

  /** The outputs of the prelude. */
  outputs(): Readonly<Record<string, Tensor>> {
    return Object.fromEntries([...this.computed].map(([tensor, name]) => [name, tensor]));
  }
}

/**
 * The operands of the host one after the other in a single output of the prelude: each array that comes from a device
 * costs a wait. Their shapes must be fixed.
 */
export class PackedOperands {
  private readonly known: ReadonlyMap<Tensor, NdArray>;
  private readonly starts = new Map<Tensor, number>();
  private length = 0;

  constructor(values: ReadonlyMap<Tensor, NdArray>) {
    this.known = values;
  }

  /** Where a tensor comes from. */
  of(tensor: Tensor): Operand {
    const fixed = this.known.get(tensor) ?? constantValue(tensor);
    if (fixed) {
      return fixed;
    }
    const start = this.starts.get(tensor) ?? this.length;
    if (!this.starts.has(tensor)) {
      this.starts.set(tensor, start);
      this.length += elementCount(tensor.shape);
    }
    return { name: 'operands', start, shape: tensor.shape };
  }

  /** The outputs of the prelude. */
  outputs(): Readonly<Record<string, Tensor>> {
    const flat = [...this.starts.keys()].map((tensor) => reshape(tensor, [elementCount(tensor.shape)]));
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
