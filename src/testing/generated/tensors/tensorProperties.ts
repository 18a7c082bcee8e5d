// What holds of every tensor program: its values and its gradients.
import fc from 'fast-check';
import type { NdArray } from '../../../core/numeric/index.ts';
import type { CompileOptions } from '../../../tensor/engine/program.ts';
import { compile } from '../../../tensor/engine/program.ts';
import { releaseAfter } from '../../../tensor/engine/resources.ts';
import { gradients } from '../../../tensor/gradients/gradient.ts';
import { add, multiply, sum } from '../../../tensor/operations/index.ts';
import { constant, input, type Precision, type Tensor } from '../../../tensor/tensor.ts';
import type { Property } from '../property.ts';
import { Choices } from './choices.ts';
import { Draft } from './draft.ts';
import { type Balls, evaluateProgram, float32, float64 } from './evaluator.ts';
import { operationKinds } from './operations.ts';
import type { GeneratedProgram, ProgramNode } from './program.ts';

/** Programs of one to thirty operations. */
function programs(hasGradients: boolean): fc.Arbitrary<GeneratedProgram> {
  const numbers = fc.array(fc.nat(0xffff), { maxLength: 60, size: 'max' });
  const step = fc.record({ operation: fc.constantFrom(...Object.keys(operationKinds)), numbers });
  return fc
    .record({ steps: fc.array(step, { minLength: 1, maxLength: 30, size: 'max' }), ending: numbers })
    .map(({ steps, ending }) => {
      const draft = new Draft(hasGradients);
      for (const { operation, numbers: chosen } of steps) {
        const kind = operationKinds[operation]!;
        draft.call(operation, kind.draw(draft, new Choices(chosen)), kind.hasNoGradient);
      }
      return draft.program(new Choices(ending));
    });
}

/** The tensors of a program's nodes. */
function build({ nodes }: GeneratedProgram): Tensor[] {
  const tensors: Tensor[] = [];
  for (const [number, { operation, inputs, attributes }] of nodes.entries()) {
    const operands = inputs.map((one) => tensors[one]!);
    tensors.push(
      operation === 'input'
        ? input(name(number), attributes.shape!)
        : operation === 'constant'
          ? constant(givenArray(attributes))
          : operationKinds[operation]!.build(operands, attributes),
    );
  }
  return tensors;
}

function name(number: number): string {
  return `node${number}`;
}

function givenArray({ shape, values }: ProgramNode['attributes']): NdArray {
  return { shape: [...shape!], data: Float64Array.from(values!) };
}

/** The numbers of the nodes that are inputs. */
function inputNumbers({ nodes }: GeneratedProgram): number[] {
  return nodes.flatMap(({ operation }, number) => (operation === 'input' ? [number] : []));
}

async function run(
  program: GeneratedProgram,
  tensors: readonly Tensor[],
  outputs: Readonly<Record<string, Tensor>>,
  options: CompileOptions,
): Promise<Record<string, NdArray>> {
  const numbers = inputNumbers(program);
  const inputs = Object.fromEntries(numbers.map((number) => [name(number), tensors[number]!]));
  const arrays = Object.fromEntries(
    numbers.map((number) => [name(number), givenArray(program.nodes[number]!.attributes)]),
  );
  return releaseAfter(async (keep) => keep(await compile({ inputs, outputs }, options)).run(arrays));
}

/** Checks a program's outputs against the plain evaluation. */
async function checkValues(program: GeneratedProgram, options: CompileOptions & { precision: Precision }) {
  const balls = evaluateProgram(program, options.precision === 'float64' ? float64 : float32);
  const tensors = build(program);
  const outputs = Object.fromEntries(program.outputs.map((number) => [name(number), tensors[number]!]));
  const results = await run(program, tensors, outputs, options);
  for (const number of program.outputs) {
    const { values, radii, shape } = balls[number]!;
    const { data, shape: resultShape } = results[name(number)]!;
    const { operation } = program.nodes[number]!;
    if (String(shape) !== String(resultShape)) {
      throw new Error(`${operation} (node ${number}) has shape [${resultShape}], not [${shape}]`);
    }
    values.forEach((value, index) => {
      const isInside = Object.is(data[index], value) || Math.abs(data[index]! - value) <= radii[index]!;
      if (radii[index] !== Infinity && !isInside && data[index] !== value) {
        throw new Error(
          `${operation} (node ${number}), ${options.precision}: number ${index} is ${data[index]}, not ${value} ± ${radii[index]}`,
        );
      }
    });
  }
}

/** The weight of a number in the scalar whose gradient is taken. */
function weight(number: number, index: number): number {
  return Math.fround(Math.cos(1 + number + 2.3 * index));
}

/** Σ weight·output: where gradients are checked. */
function scalarBall(program: GeneratedProgram, balls: readonly Balls[]): readonly [number, number] {
  let value = 0;
  let radius = 0;
  for (const number of program.outputs) {
    balls[number]!.values.forEach((one, index) => {
      value += weight(number, index) * one;
      radius += Math.abs(weight(number, index)) * (balls[number]!.radii[index]! + 2 ** -50 * Math.abs(one));
    });
  }
  return [value, radius];
}

/** Checks gradients against central differences with Richardson extrapolation, where the scalar is smooth. */
async function checkGradients(program: GeneratedProgram): Promise<void> {
  const base = evaluateProgram(program, float64);
  const [centre] = scalarBall(program, base);
  if (!Number.isFinite(centre)) {
    return;
  }
  const tensors = build(program);
  const weighted = program.outputs.map((number) => {
    const { shape } = tensors[number]!;
    const data = base[number]!.values.map((_, index) => weight(number, index));
    return sum(multiply(tensors[number]!, constant({ shape: [...shape], data: Float64Array.from(data) })));
  });
  const numbers = inputNumbers(program).filter(
    (number) => program.nodes[number]!.attributes.values!.length <= 12,
  );
  const variables = numbers.map((number) => tensors[number]!);
  const scalar = weighted.reduce((total, one) => add(total, one));
  const found = gradients(scalar, variables, constant(1));
  const outputs = Object.fromEntries(found.map((gradient, index) => [name(numbers[index]!), gradient]));
  if (numbers.length === 0) {
    return;
  }
  const results = await run(program, tensors, outputs, { precision: 'float64' });
  const frozen = new Map(
    program.nodes.flatMap(({ operation }, number) =>
      operation === 'detach' ? [[number, base[number]!] as const] : [],
    ),
  );
  for (const number of numbers) {
    const { values } = program.nodes[number]!.attributes;
    values!.forEach((value, index) => {
      const expected = differentiate(program, frozen, number, index);
      const actual = results[name(number)]!.data[index]!;
      if (expected && !(Math.abs(actual - expected.slope) <= expected.error)) {
        throw new Error(
          `the gradient by number ${index} of node ${number} is ${actual}, not ${expected.slope} ± ${expected.error} (at ${value})`,
        );
      }
    });
  }
}

/** The differences of larger numbers would step over whole periods of a sine. */
const MOST_DIFFERENTIATED = 1e4;

/** The derivative by one number of an input, unless the scalar has a kink, a jump or no number there. */
function differentiate(
  program: GeneratedProgram,
  frozen: ReadonlyMap<number, Balls>,
  number: number,
  index: number,
): { slope: number; error: number } | undefined {
  const { values, shape } = program.nodes[number]!.attributes;
  const valueAt = (x: number): readonly [number, number] => {
    const changed = values!.map((value, other) => (other === index ? x : value));
    const balls: Balls = { shape: shape!, values: changed, radii: changed.map(() => 0) };
    return scalarBall(program, evaluateProgram(program, float64, new Map([...frozen, [number, balls]])));
  };
  const x = values![index]!;
  if (Math.abs(x) > MOST_DIFFERENTIATED) {
    return undefined;
  }
  const largest = 2 ** -6 * Math.max(Math.abs(x), 2 ** -5);
  const centre = valueAt(x);
  const levels = [largest, largest / 2, largest / 4].map((h) => {
    const [above, below] = [valueAt(x + h), valueAt(x - h)];
    return {
      slope: (above[0] - below[0]) / (2 * h),
      bend: Math.abs(above[0] + below[0] - 2 * centre[0]) / h,
      noise: (above[1] + below[1] + centre[1]) / h,
    };
  });
  const [first, second, third] = levels as [Level, Level, Level];
  const [coarse, fine] = [(4 * second.slope - first.slope) / 3, (4 * third.slope - second.slope) / 3];
  const error = 4 * Math.abs(fine - coarse) + 4 * third.noise + 1e-9 * Math.abs(fine) + 1e-12;
  const isSmooth = third.bend <= 0.4 * first.bend + 4 * third.noise + 1e-9 * Math.abs(fine);
  const isPrecise = error < 1e-3 * (1 + Math.abs(fine));
  return isSmooth && isPrecise ? { slope: fine, error } : undefined;
}

type Level = { slope: number; bend: number; noise: number };

/** The properties of tensor programs. */
export const tensorProperties: readonly Property<GeneratedProgram>[] = [
  {
    topic: 'tensors',
    name: 'programs compute what a plain evaluation does, in both precisions',
    cases: programs(false),
    tries: 100,
    async check(program) {
      const threads = 1 + (program.nodes.length % 2);
      await checkValues(program, { precision: 'float64', threads });
      await checkValues(program, { precision: 'float32', threads });
    },
  },
  {
    topic: 'tensors',
    name: 'gradients are those of central differences',
    cases: programs(true),
    tries: 40,
    check: checkGradients,
  },
  {
    topic: 'tensors',
    name: 'programs compute in WebAssembly what a plain evaluation does',
    cases: programs(false),
    tries: 15,
    async check(program) {
      await checkValues(program, { precision: 'float64', device: 'wasm' });
      await checkValues(program, { precision: 'float32', device: 'wasm' });
    },
  },
];
