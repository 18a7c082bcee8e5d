// The gradients of a batch: whether they keep the activations of the forward pass, and the program that does.
import { freemem } from 'node:os';
import { type CompileOptions, compile } from '../../engine/program.ts';
import type { Device } from '../../engine/runtime.node.ts';
import { parametersFrom } from '../../flows/parameters.ts';
import type { Glow } from '../../models/glow.ts';
import type { NdArray } from '../../numeric/ndarray.ts';
import { gradients } from '../../tensor/gradient.ts';
import { peakElements } from '../../tensor/memory.ts';
import { sum } from '../../tensor/operations/index.ts';
import type { ProgramDefinition } from '../../tensor/program.ts';
import { elementCount } from '../../tensor/shape.ts';
import { constant, type Tensor } from '../../tensor/tensor.ts';
import { type Batch, bitsPerDimOf } from '../likelihood.ts';
import { stateName } from '../optimizer/adamax.ts';
import type { Groups, ParameterLayout } from '../parameterLayout.ts';
import { type Pieces, piecesOf } from './pieces.ts';
import { compilePieces, runsOf } from './piecewiseGradients.ts';

/**
 * What becomes of the activations of a forward pass until the backward pass needs them: they are kept, or computed a
 * second time, one stage of the model after another, which takes longer and far less memory. `auto` keeps them where
 * there is room. The numbers are the same.
 */
export const activationChoices = ['auto', 'keep', 'recompute'] as const;

/** One of `activationChoices`. */
export type ActivationChoice = (typeof activationChoices)[number];

/** What works out the gradients of batches. */
export interface GradientProgram {
  /** bits/dim of each image of a batch; the gradients of the loss are written to the arrays of the groups in `into`. */
  run(batch: Batch, weights: Groups, into: Groups): Promise<NdArray>;
  /** Frees what it holds. */
  release(): Promise<void>;
}

/** How gradients are worked out. */
export interface GradientPlan {
  /** What becomes of the activations. */
  readonly activations: Exclude<ActivationChoice, 'auto'>;
  /** About the bytes that images, activations and gradients take at most at the same time, besides the training's state. */
  readonly bytes: number;
  /** The graphs that are computed, and how often each is for a batch. */
  readonly runs: ReadonlyMap<ProgramDefinition, number>;
  /** Compiles the program. */
  compile(options: CompileOptions): Promise<GradientProgram>;
}

/** What gradients are worked out for. */
export interface GradientOptions {
  /** Images per run. */
  readonly images: number;
  /** The images that the mean is over: with fewer in a run, the gradients of the runs add up to its. */
  readonly batchSize: number;
  /** Default auto. */
  readonly activations?: ActivationChoice | undefined;
  /** Default cpu. What memory the others have is not known: there, `auto` keeps the activations. */
  readonly device?: Device;
  /** The bytes that there are to take; by default what the system says. */
  readonly available?: number;
}

/** Decides what becomes of the activations, and how the gradients are worked out then. */
export function planGradients(model: Glow, layout: ParameterLayout, options: GradientOptions): GradientPlan {
  const { activations = 'auto', device = 'cpu', available = availableBytes() } = options;
  if (activations === 'recompute') {
    return piecewisePlan(piecesOf(model, options), layout);
  }
  const kept = wholePlan(gradientDefinition(model, layout, options), layout);
  return activations === 'auto' && device === 'cpu' && kept.bytes > SHARE * available
    ? piecewisePlan(piecesOf(model, options), layout)
    : kept;
}

/** The share of the memory there is that activations may take: the runtime holds about twice of what is alive. */
const SHARE = 0.4;

/** The bytes that this process may still take. */
export function availableBytes(): number {
  // Node 20.13 brought the first, which knows the limits of a container.
  return process.availableMemory?.() ?? freemem();
}

/** One program for everything. */
function wholePlan(definition: ProgramDefinition, layout: ParameterLayout): GradientPlan {
  return {
    activations: 'keep',
    bytes: 4 * peakElements(definition),
    runs: new Map([[definition, 1]]),
    async compile(options) {
      const program = await compile(definition, options);
      return {
        async run(batch, weights, into) {
          const named = layout.trained.map((group) => [stateName('gradients', group), into[group]!]);
          return (await program.run({ ...batch, ...weights }, Object.fromEntries(named))).bitsPerDim!;
        },
        release: () => program.release(),
      };
    },
  };
}

/** A program for each kind of stage. */
function piecewisePlan(pieces: Pieces, layout: ParameterLayout): GradientPlan {
  const runs = runsOf(pieces);
  const kept = pieces.stages.flatMap(({ piece: { forward } }) =>
    Object.values(forward?.outputs ?? {}).map(({ shape }) => elementCount(shape)),
  );
  // A session holds on to what its runs took.
  const taken = [...runs.keys()].map(peakElements);
  return {
    activations: 'recompute',
    bytes: 4 * [...kept, ...taken].reduce((total, elements) => total + elements, 0),
    runs,
    compile: (options) => compilePieces(pieces, layout, options),
  };
}

/**
 * The program of the gradients: from `image`, `noise` and the groups of weights to `bitsPerDim` of each image and the
 * gradients of their mean as `gradients/…`.
 */
export function gradientDefinition(
  model: Glow,
  layout: ParameterLayout,
  { images, batchSize }: Pick<GradientOptions, 'images' | 'batchSize'>,
): ProgramDefinition {
  const { inputs, tensors } = layout.inputs();
  const { image, noise, bitsPerDim } = bitsPerDimOf(
    model,
    images,
    parametersFrom(tensors, { differentiated: true }),
  );
  const variables = layout.trained.map((name) => inputs[name]!);
  const found = gradients(sum(bitsPerDim), variables, constant(1 / batchSize));
  const outputs: Record<string, Tensor> = { bitsPerDim };
  layout.trained.forEach((name, index) => {
    outputs[stateName('gradients', name)] = found[index]!;
  });
  return { inputs: { image, noise, ...inputs }, outputs };
}
