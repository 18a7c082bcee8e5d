// How the gradients of a batch are worked out: with the activations of the forward pass kept, or computed again.
import type { Device } from '../../engine/devices/device.ts';
import { peakElements } from '../../engine/graph/memory.ts';
import { prepare } from '../../engine/graph/prepare.ts';
import type { CompileOptions } from '../../engine/program.ts';
import type { Glow } from '../../models/glow.ts';
import { availableBytes } from '../../platform/machine.node.ts';
import type { ProgramDefinition } from '../../tensor/program.ts';
import { elementCount } from '../../tensor/shape.ts';
import type { ParameterLayout } from '../parameterLayout.ts';
import { compileWhole, type GradientProgram, gradientDefinition } from './gradientProgram.ts';
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

/** How gradients are worked out. */
export interface GradientPlan {
  /** What becomes of the activations. */
  readonly activations: Exclude<ActivationChoice, 'auto'>;
  /** About the bytes that images, activations and gradients take at most at the same time, besides the training's state. */
  readonly bytes: number;
  /** The graphs that are computed, prepared for the device, and how often each is for a batch. */
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
  const whole = prepare(gradientDefinition(model, layout, options), { device });
  const kept = wholePlan(whole, layout);
  return activations === 'auto' && device === 'cpu' && kept.bytes > SHARE * available
    ? piecewisePlan(piecesOf(model, options), layout)
    : kept;
}

/** The share of the memory there is that activations may take: the runtime holds about twice of what is alive. */
const SHARE = 0.4;

/** One program for everything. */
function wholePlan(definition: ProgramDefinition, layout: ParameterLayout): GradientPlan {
  return {
    activations: 'keep',
    bytes: 4 * peakElements(definition),
    runs: new Map([[definition, 1]]),
    compile: (options) => compileWhole(definition, layout, options),
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
