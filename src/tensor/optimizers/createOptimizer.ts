// An optimiser for a loop of one's own: it keeps its moments, and writes new values over the parameters.
import { UserError } from '../../core/errors.ts';
import { countElements, type NdArray, requireFinite, requireWhole } from '../../core/numeric/index.ts';
import { type CompileOptions, compile, type NamedArrays, type Program } from '../engine/index.ts';
import { sameShape, showShape } from '../tensor.ts';
import { type Optimizer, ruleFor } from './optimizer.ts';
import { type Section, updateProgram, vectorNames } from './programs.ts';

/** The moments of an optimiser: what a loop saves to continue where it stopped. */
export interface ParameterOptimizerState {
  /** How many steps it has done. */
  readonly steps: number;
  /** The names of the optimiser's rules, such as `adamax`. */
  readonly rules: readonly string[];
  /** The arrays of each moment, by the names of its parameters. */
  readonly moments: Readonly<Record<string, NamedArrays>>;
}

/** How an optimiser updates parameters, and where. */
export interface CreateOptimizerOptions extends Pick<CompileOptions, 'device' | 'deviceIndex' | 'threads'> {
  /** The learning rate of every step that doesn't set its own. */
  readonly learningRate: number;
  /** The parameters that decay with AdamW, and that Muon updates as matrices `[…, in, out]`; by default all with two or more axes. */
  readonly kernels?: readonly string[];
  /** The state to continue from; by default none. */
  readonly state?: ParameterOptimizerState;
}

/** One parameter, and where it is in each vector of the update. */
interface Slot {
  readonly name: string;
  readonly array: NdArray;
  readonly isKernel: boolean;
  /** The start in the vectors that it is part of. */
  readonly starts: Readonly<Record<string, number>>;
}

/**
 * Creates an optimiser for parameters, arrays by name, which every step overwrites. It computes in float64 if one of them
 * is a `Float64Array`, else in float32.
 *
 * @example
 * ```ts
 * import { adamw, createOptimizer } from 'emerging-flows/training';
 *
 * const parameters = { w: { shape: [2], data: Float64Array.of(3, -2) } };
 * const optimizer = await createOptimizer(adamw(), parameters, { learningRate: 0.1 });
 * for (let step = 0; step < 100; step++) {
 *   // The gradient of ½·|w|².
 *   await optimizer.step({ w: { shape: [2], data: parameters.w.data.slice() } });
 * }
 * console.log(parameters.w.data); // close to 0
 * await optimizer.release();
 * ```
 * @throws Error without parameters, if the values of one don't fit its shape, or if the state belongs to other parameters or
 * another optimiser
 */
export async function createOptimizer(
  optimizer: Optimizer,
  parameters: NamedArrays,
  { learningRate, kernels, state, ...engineOptions }: CreateOptimizerOptions,
): Promise<ParameterOptimizer> {
  const unknown = kernels?.find((name) => !Object.hasOwn(parameters, name));
  if (unknown !== undefined) {
    throw new Error(`the kernel '${unknown}' is not one of the parameters`);
  }
  const lengths: Record<string, number> = {};
  const sections: Section[] = [];
  const slots = Object.entries(parameters).map(([name, array]): Slot => {
    const size = countElements(array.shape);
    if (array.data.length !== size) {
      const shape = showShape(array.shape);
      throw new Error(
        `the parameter '${name}' of shape ${shape} needs ${size} values, not ${array.data.length}`,
      );
    }
    const isKernel = kernels ? kernels.includes(name) : array.shape.length > 1;
    const { rule, item } = ruleFor(optimizer, { shape: array.shape, kernel: isKernel });
    sections.push({ rule, item, count: size / countElements(item) });
    const starts = Object.fromEntries(vectorNames(rule).map((vector) => [vector, lengths[vector] ?? 0]));
    for (const vector of Object.keys(starts)) {
      lengths[vector] = (lengths[vector] ?? 0) + size;
    }
    return { name, array, isKernel, starts };
  });
  if (slots.length === 0) {
    throw new Error('an optimiser needs parameters, arrays by name');
  }
  const precision = slots.some(({ array }) => array.data instanceof Float64Array) ? 'float64' : 'float32';
  const Vector = precision === 'float64' ? Float64Array : Float32Array;
  const vectors = Object.fromEntries(
    Object.entries(lengths).map(([name, length]) => [name, new Vector(length)]),
  );
  for (const { array, isKernel, starts } of slots) {
    if (isKernel && starts.decays !== undefined) {
      vectors.decays!.fill(1, starts.decays, starts.decays + countElements(array.shape));
    }
  }
  if (state) {
    requireWhole('state.steps', state.steps, 0);
    fillMoments(slots, vectors, state);
    requireRules(optimizer, state);
  }
  const program = await compile(updateProgram(optimizer, sections), { ...engineOptions, precision });
  return new ParameterOptimizer({ optimizer, program, slots, vectors, learningRate }, state?.steps ?? 0);
}

/** The vectors of an update that are not moments. */
const OTHER_VECTORS = ['weights', 'gradients', 'decays'];

function fillMoments(slots: readonly Slot[], vectors: Vectors, { moments }: ParameterOptimizerState): void {
  const expected = momentArrays(slots, vectors);
  const names = (all: ParameterOptimizerState['moments']): string =>
    Object.entries(all)
      .map(([moment, arrays]) => `${moment}: ${Object.keys(arrays).sort().join(', ')}`)
      .sort()
      .join('; ');
  if (names(moments) !== names(expected)) {
    throw new Error(`the state has '${names(moments)}', but the parameters need '${names(expected)}'`);
  }
  for (const { name, array, starts } of slots) {
    for (const [moment, arrays] of Object.entries(moments)) {
      if (arrays[name]) {
        requireShape(`the moment '${moment}' of '${name}'`, arrays[name], array);
        vectors[moment]!.set(arrays[name].data, starts[moment]);
      }
    }
  }
}

/** Moments of the same names mean something else to another optimiser. */
function requireRules(optimizer: Optimizer, { rules }: Partial<ParameterOptimizerState>): void {
  const expected = ruleNames(optimizer);
  if (rules?.join() !== expected.join()) {
    const other = rules?.join(' and ') ?? 'an unknown optimiser';
    throw new Error(`the state is of ${other}, but the optimiser is ${expected.join(' and ')}`);
  }
}

function ruleNames({ rules }: Optimizer): string[] {
  return rules.map(({ name }) => name);
}

type Vectors = Record<string, Float32Array | Float64Array>;

/** Copies of the moments by name and parameter. */
function momentArrays(slots: readonly Slot[], vectors: Vectors): Record<string, Record<string, NdArray>> {
  const names = Object.keys(vectors).filter((name) => !OTHER_VECTORS.includes(name));
  return Object.fromEntries(
    names.map((moment) => [
      moment,
      Object.fromEntries(
        slots.flatMap(({ name, array: { shape }, starts }) => {
          const start = starts[moment];
          return start === undefined
            ? []
            : [[name, { shape, data: vectors[moment]!.slice(start, start + countElements(shape)) }]];
        }),
      ),
    ]),
  );
}

function requireShape(subject: string, { shape, data }: NdArray, expected: NdArray): void {
  if (!sameShape(shape, expected.shape) || data.length !== expected.data.length) {
    throw new Error(`${subject} must have shape ${showShape(expected.shape)}, not ${showShape(shape)}`);
  }
}

/** What an optimiser updates parameters with. */
interface OptimizerParts {
  readonly optimizer: Optimizer;
  readonly program: Program;
  readonly slots: readonly Slot[];
  readonly vectors: Vectors;
  readonly learningRate: number;
}

/** An optimiser and the parameters that it updates. Made by `createOptimizer`. */
export class ParameterOptimizer {
  readonly #parts: OptimizerParts;
  #steps: number;
  #isStepping = false;

  /** @internal */
  constructor(parts: OptimizerParts, steps: number) {
    this.#parts = parts;
    this.#steps = steps;
  }

  /** The steps, the rules' names and the moments so far, as copies: pass them to `createOptimizer` with the saved parameters to continue. */
  get state(): ParameterOptimizerState {
    const { optimizer, slots, vectors } = this.#parts;
    return { steps: this.#steps, rules: ruleNames(optimizer), moments: momentArrays(slots, vectors) };
  }

  /**
   * Updates the parameters by their gradients.
   *
   * @param learningRate of this step; by default the optimiser's
   * @throws Error if a gradient is missing or differs from its parameter in shape, or the step before has not ended;
   * UserError (`diverged`) if a gradient is not finite in the optimiser's precision; (`invalid-argument`) if the learning
   * rate is not finite. Nothing has changed then
   */
  async step(gradients: NamedArrays, { learningRate = this.#parts.learningRate } = {}): Promise<void> {
    const { optimizer, program, slots, vectors } = this.#parts;
    if (this.#isStepping) {
      throw new Error('the step before has not ended: await it');
    }
    requireFinite('learningRate', learningRate, 0);
    this.#collect(gradients);
    this.#isStepping = true;
    try {
      const scalars = Object.entries(optimizer.scalars(this.#steps + 1, learningRate));
      const feeds: NamedArrays = {
        ...Object.fromEntries(
          scalars.map(([name, value]) => [name, { shape: [], data: Float64Array.of(value) }]),
        ),
        ...Object.fromEntries(
          Object.entries(vectors).map(([name, data]) => [name, { shape: [data.length], data }]),
        ),
      };
      const updated = await program.run(feeds);
      for (const [name, { data }] of Object.entries(updated)) {
        vectors[name]!.set(data);
      }
      for (const { array, starts } of slots) {
        const start = starts.weights!;
        (array.data as Float64Array).set(vectors.weights!.subarray(start, start + array.data.length));
      }
      this.#steps++;
    } finally {
      this.#isStepping = false;
    }
  }

  /** Frees its memory; it refuses further steps. */
  release(): Promise<void> {
    return this.#parts.program.release();
  }

  /** Copies weights and gradients into their vectors. */
  #collect(gradients: NamedArrays): void {
    const { slots, vectors } = this.#parts;
    const toPrecision = vectors.weights instanceof Float32Array ? Math.fround : Number;
    for (const { name, array } of slots) {
      const gradient = gradients[name];
      if (!gradient) {
        throw new Error(`the gradient of '${name}' is missing`);
      }
      requireShape(`the gradient of '${name}'`, gradient, array);
      if (!gradient.data.every((value) => Number.isFinite(toPrecision(value)))) {
        throw new UserError(
          'diverged',
          `the gradient of '${name}' has values that are not finite: lower the learning rate`,
        );
      }
    }
    for (const { name, array, starts } of slots) {
      vectors.weights!.set(array.data, starts.weights);
      vectors.gradients!.set(gradients[name]!.data, starts.gradients);
    }
  }
}
