// The parameters of layers: their declarations, and access to their tensors.
import { countElements, type RandomStream } from '../../core/numeric/index.ts';
import type { Tensor } from '../../tensor/index.ts';

/** One parameter as a layer declares it. */
export interface ParameterSpec {
  /** The lengths of its axes. */
  readonly shape: readonly number[];
  /** The initial value, row-major, drawn from the parameter's own stream, or from its `family`'s. */
  initial(random: RandomStream): Float64Array;
  /** Whether training changes it; a fixed one is saved, but never updated, averaged or counted. */
  readonly trained: boolean;
  /** Whether weight decay applies: to network kernels, and to nothing that enters a log-determinant. */
  readonly decays?: boolean;
  /** Whether it is the kernel of a network, `[…, in, out]`: an optimiser may update it as a matrix. */
  readonly kernel?: boolean;
  /** The number of channels, if a kernel's columns are grouped by channel, several for each. */
  readonly channels?: number;
  /**
   * 1 where an element contributes, 0 where it is masked out; without a mask, all contribute. Computed on
   * first use: the shapes of a model are known, and compared with a file's, before anything is allocated.
   */
  readonly mask?: () => Float64Array;
  /** How many elements the mask leaves. For a mask that is too large to be computed only to count them. */
  readonly unmasked?: number;
  /** Sibling parameters with the same family draw from identical streams: factors of one random matrix. */
  readonly family?: string;
}

/** Parameters by path, such as `steps/3/emerging/kernel1`, in a fixed order. */
export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>;

/** A trained parameter initialised with the same value everywhere. */
export function filledParameter(shape: readonly number[], value: number): ParameterSpec {
  return { shape, trained: true, initial: () => new Float64Array(countElements(shape)).fill(value) };
}

/** A trained parameter initialised as normal with mean 0 and the given standard deviation. */
export function normalParameter(shape: readonly number[], deviation: number): ParameterSpec {
  return {
    shape,
    trained: true,
    initial(random) {
      const values = random.normals(countElements(shape));
      // In place: there are tens of millions, and a call for each would take most of the time.
      for (let index = 0; index < values.length; index++) {
        values[index]! *= deviation;
      }
      return values;
    },
  };
}

/** The kernel of a network, `[…, in, out]`, initialised as normal with variance 1/fan-in. */
export function fanInKernel(...shape: readonly number[]): ParameterSpec {
  return {
    ...normalParameter(shape, 1 / Math.sqrt(countElements(shape.slice(0, -1)))),
    kernel: true,
    decays: true,
  };
}

/** The parameters of a fully connected layer. */
export function denseParameters(inputs: number, outputs: number): ParameterSpecs {
  return { kernel: fanInKernel(inputs, outputs), bias: filledParameter([outputs], 0) };
}

/** The specs with `prefix/` prepended to every path. */
export function prefixed(prefix: string, specs: ParameterSpecs): ParameterSpecs {
  return Object.fromEntries(Object.entries(specs).map(([path, spec]) => [`${prefix}/${path}`, spec]));
}

/** The number of trained elements, not counting those masked out. */
export function countTrained(specs: ParameterSpecs): number {
  return Object.values(specs)
    .filter(({ trained }) => trained)
    .reduce((total, spec) => total + countUnmasked(spec), 0);
}

/** The number of elements of a parameter that its mask leaves. */
export function countUnmasked({ shape, mask, unmasked }: ParameterSpec): number {
  return unmasked ?? (mask ? mask().filter((on) => on !== 0).length : countElements(shape));
}

/** Provides the tensors of a layer's parameters. */
export interface Parameters {
  /**
   * The parameter at a path below this place. A layer with data-dependent initialisation passes `start`, the
   * initial value for its current input; that is used (and remembered) when a model is initialised and
   * ignored otherwise.
   */
  get(path: string, start?: () => Tensor): Tensor;
  /** The parameters below a path. */
  at(path: string): Parameters;
}

/** The given tensors as parameters. */
export function parametersFrom(tensors: Readonly<Record<string, Tensor>>): Parameters {
  return scoped('', (path) => find(tensors, path));
}

/** Parameters with data-dependent initialisation, and their initial values. */
export interface StartingParameters {
  /** The parameters to pass to the layers. */
  readonly parameters: Parameters;
  /** The initial values that layers have set so far, by path. */
  readonly started: ReadonlyMap<string, Tensor>;
}

/**
 * Parameters for data-dependent initialisation: where a layer derives an initial value from data, it replaces
 * the given one and is kept in `started` under its path. Layers run in order, each on the outputs of those
 * already initialised.
 */
export function startingParameters(tensors: Readonly<Record<string, Tensor>>): StartingParameters {
  const started = new Map<string, Tensor>();
  const get = (path: string, start?: () => Tensor): Tensor => {
    const value = started.get(path) ?? start?.();
    if (!value) {
      return find(tensors, path);
    }
    started.set(path, value);
    return value;
  };
  return { parameters: scoped('', get), started };
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
    throw new Error(`parameter '${path}' is missing`);
  }
  return tensor;
}
