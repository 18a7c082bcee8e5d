// The parameters of layers: what they declare, and how a layer gets at their tensors.
import { sizeOf } from '../numeric/ndarray.ts';
import type { RandomStream } from '../numeric/random.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** One parameter as a layer declares it. */
export interface ParameterSpec {
  /** The lengths of its axes. */
  readonly shape: readonly number[];
  /** The start value, row-major, drawn from a stream that is the parameter's own, or that of its `family`. */
  initial(random: RandomStream): Float64Array;
  /** Whether training changes it; one that is fixed is saved, but never updated, averaged or counted. */
  readonly trained: boolean;
  /** Whether weight decay acts on it: on the kernels of a network, and on nothing that a log-determinant is made of. */
  readonly decays?: boolean;
  /** 1 where an element takes part and 0 where it is masked out; all take part where there is no mask. */
  readonly mask?: Float64Array;
  /** Parameters beside one another with the same family draw from equal streams: factors of one random matrix. */
  readonly family?: string;
}

/** Parameters by path, such as `steps/3/emerging/kernel1`, in a fixed order. */
export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>;

/** A trained parameter that starts with the same value everywhere. */
export function filledParameter(shape: readonly number[], value: number): ParameterSpec {
  return { shape, trained: true, initial: () => new Float64Array(sizeOf(shape)).fill(value) };
}

/** A trained parameter that starts normal with mean 0 and the given standard deviation. */
export function normalParameter(shape: readonly number[], deviation: number): ParameterSpec {
  return {
    shape,
    trained: true,
    initial(random) {
      const values = random.normals(sizeOf(shape));
      // In place: there are tens of millions, and a call for each would take most of the time.
      for (let index = 0; index < values.length; index++) {
        values[index]! *= deviation;
      }
      return values;
    },
  };
}

/** The specs with `prefix/` before every path. */
export function prefixed(prefix: string, specs: ParameterSpecs): ParameterSpecs {
  return Object.fromEntries(Object.entries(specs).map(([path, spec]) => [`${prefix}/${path}`, spec]));
}

/** The number of trained elements, those masked out not counted. */
export function countTrained(specs: ParameterSpecs): number {
  return Object.values(specs)
    .filter(({ trained }) => trained)
    .reduce(
      (total, { shape, mask }) => total + (mask ? mask.filter((on) => on !== 0).length : sizeOf(shape)),
      0,
    );
}

/** Where a layer gets the tensors of its parameters. */
export interface Parameters {
  /**
   * The parameter at a path below this place. A layer whose start depends on data says with `start` what the value
   * would be for what it sees; that is used (and remembered) when a model is started and ignored otherwise.
   */
  get(path: string, start?: () => Tensor): Tensor;
  /** The parameters below a path. */
  at(path: string): Parameters;
}

/** The given tensors as parameters. */
export function parametersFrom(tensors: Readonly<Record<string, Tensor>>): Parameters {
  return scoped('', (path) => find(tensors, path));
}

/** Parameters that start from data, and what they start with. */
export interface StartingParameters {
  /** What to give to the layers. */
  readonly parameters: Parameters;
  /** The values that layers said they start with so far, by path. */
  readonly started: ReadonlyMap<string, Tensor>;
}

/**
 * Parameters for a data-dependent start: where a layer says how it starts from data, that value takes the place of
 * the given one and is kept in `started` under its path. Layers run in order, each on what those already started
 * give it.
 */
export function startingParameters(tensors: Readonly<Record<string, Tensor>>): StartingParameters {
  const started = new Map<string, Tensor>();
  const parameters = scoped('', (path, start) => {
    const value = started.get(path) ?? start?.();
    if (!value) {
      return find(tensors, path);
    }
    started.set(path, value);
    return value;
  });
  return { parameters, started };
}

function scoped(prefix: string, get: (path: string, start?: () => Tensor) => Tensor): Parameters {
  return {
    get: (path, start) => get(prefix + path, start),
    at: (path) => scoped(`${prefix}${path}/`, get),
  };
}

function find(tensors: Readonly<Record<string, Tensor>>, path: string): Tensor {
  const tensor = tensors[path];
  if (!tensor) {
    throw new Error(`no parameter '${path}' was given`);
  }
  return tensor;
}
