// How the gradients of a batch are computed: with the forward activations kept, or recomputed.
import { addressableOn, type Device, defaultDevice, isHost } from '../../engine/devices/device.ts';
import { peakElements } from '../../engine/graph/memory.ts';
import { prepare } from '../../engine/graph/prepare.ts';
import { UserError } from '../../errors.ts';
import type { Flow } from '../../models/flow.ts';
import type { ParameterLayout } from '../../models/parameterLayout.ts';
import { availableBytes } from '../../platform/machine.node.ts';
import { MissingGradient } from '../../tensor/gradients/gradient.ts';
import type { ProgramDefinition } from '../../tensor/programDefinition.ts';
import { elementCount } from '../../tensor/shape.ts';
import {
  compileWhole,
  type GradientEngine,
  type GradientProgram,
  gradientDefinition,
} from './gradientProgram.ts';
import { type Loss, likelihoodLoss } from './loss.ts';
import { type Pieces, piecesOf } from './pieces.ts';
import { compilePieces, runsOf } from './piecewiseGradients.ts';

/**
 * How the activations of the forward pass reach the backward pass: they are kept, or recomputed
 * (checkpointing), one stage of the model at a time, which takes longer and far less memory. `auto` keeps
 * them if there is room. The results are the same.
 */
export const activationChoices = ['auto', 'keep', 'recompute'] as const;

/** One of `activationChoices`. */
export type ActivationChoice = (typeof activationChoices)[number];

/** How gradients are computed. */
export interface GradientPlan {
  /** Whether activations are kept or recomputed. */
  readonly activations: Exclude<ActivationChoice, 'auto'>;
  /** Approximate peak bytes of images, activations and gradients, not counting the training state. */
  readonly bytes: number;
  /** The graphs to run, prepared for the device, and how often each runs per batch. */
  readonly runs: ReadonlyMap<ProgramDefinition, number>;
  /** Compiles the program. */
  compile(options: GradientEngine): Promise<GradientProgram>;
}

/** What gradients are computed for. */
export interface GradientOptions {
  /** Images per run. */
  readonly images: number;
  /** The images that the mean is over: with fewer per run, the runs' gradients sum to its gradient. */
  readonly batchSize: number;
  /** By default the likelihood, the only one whose activations can be recomputed. */
  readonly loss?: Loss | undefined;
  /** Default auto. */
  readonly activations?: ActivationChoice | undefined;
  /** Default cpu. The memory of other devices is unknown: on them, `auto` keeps the activations. */
  readonly device?: Device;
  /** The available bytes; by default as reported by the system. */
  readonly available?: number;
}

/** Decides whether activations are kept, and how the gradients are computed accordingly. */
export function planGradients(model: Flow, layout: ParameterLayout, options: GradientOptions): GradientPlan {
  const { activations = 'auto', device = defaultDevice, available = availableBytes() } = options;
  const { loss = likelihoodLoss } = options;
  const hasPieces = loss === likelihoodLoss;
  if (activations === 'recompute') {
    if (!hasPieces) {
      throw new UserError(
        'unsupported',
        "activations 'recompute' is for training on images: use 'keep' with an action, or a smaller microBatch",
      );
    }
    return piecewisePlan(piecesOf(model, options), layout);
  }
  const whole = wholeDefinition(model, layout, loss, options);
  const kept = wholePlan(whole, layout);
  return activations === 'auto' &&
    hasPieces &&
    isHost(device) &&
    kept.bytes > SHARE * addressableOn(device, available)
    ? piecewisePlan(piecesOf(model, options), layout)
    : kept;
}

/** The whole gradient, prepared for the device. */
function wholeDefinition(
  model: Flow,
  layout: ParameterLayout,
  loss: Loss,
  options: GradientOptions,
): ProgramDefinition {
  const { device = defaultDevice } = options;
  try {
    return prepare(gradientDefinition(model, layout, loss, options), { device });
  } catch (error) {
    if (loss !== likelihoodLoss && error instanceof MissingGradient) {
      throw new UserError(
        'unsupported',
        `the model's inverse has no gradient (${error.operation}), which training to an action needs: choose another model.mixing or model.coupling`,
        { cause: error },
      );
    }
    throw error;
  }
}

/** The share of available memory that activations may take: the runtime holds about twice what is live. */
const SHARE = 0.4;

/** Up to so many bytes of results, a program's memory is planned: narrow models gain by it, wide ones would only hold more. */
const MOST_PLANNED = 2 ** 28;

/** One program for everything. */
function wholePlan(definition: ProgramDefinition, layout: ParameterLayout): GradientPlan {
  const bytes = 4 * peakElements(definition);
  return {
    activations: 'keep',
    bytes,
    runs: new Map([[definition, 1]]),
    compile: (options) => compileWhole(definition, layout, { ...options, memoryPlan: bytes <= MOST_PLANNED }),
  };
}

/** One program for each kind of stage. */
function piecewisePlan(pieces: Pieces, layout: ParameterLayout): GradientPlan {
  const runs = runsOf(pieces);
  const kept = pieces.stages.flatMap(({ piece: { forward } }) =>
    Object.values(forward?.outputs ?? {}).map(({ shape }) => elementCount(shape)),
  );
  // A session keeps the memory that its runs used.
  const taken = [...runs.keys()].map(peakElements);
  return {
    activations: 'recompute',
    bytes: 4 * [...kept, ...taken].reduce((total, elements) => total + elements, 0),
    runs,
    compile: (options) => compilePieces(pieces, layout, options),
  };
}
