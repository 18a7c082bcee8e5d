// The gradient of a model in pieces: small programs for each kind of its stages, to be run once for every stage.
import { parametersFrom } from '../flows/parameters.ts';
import { type Densities, type Glow, type Stage, sumOfDensities } from '../models/glow.ts';
import { gradients, type KnownGradient, pullback } from '../tensor/gradient.ts';
import { isRemembered } from '../tensor/operations/checkpoint.ts';
import { checkpoint, sum } from '../tensor/operations/index.ts';
import type { ProgramDefinition } from '../tensor/program.ts';
import type { Shape } from '../tensor/shape.ts';
import { constant, input, type Tensor } from '../tensor/tensor.ts';
import { stateName } from './adamax.ts';
import { topologicalOrder } from '../tensor/traversal.ts';
import { bitsPerDimFrom } from './likelihood.ts';

/** The programs of one kind of stage. Both take images `x` and the stage's parameters `weights/…`. */
export interface Piece {
  /** Gives the images `y` that go on, and what to remember, `remembered/…`; missing at the top, where none go on. */
  readonly forward?: ProgramDefinition;
  /**
   * Takes what is remembered, and `gradientOfY` where there is a y. Computes the forward pass again as far as needed
   * and gives what the stage adds to the densities, `logPrior` and `logDet`, the gradient `gradientOfX` and those of
   * the parameters, `gradients/…`.
   */
  readonly backward: ProgramDefinition;
}

/** A stage and its programs. */
export interface PlacedPiece {
  /** The path before the stage's parameters. */
  readonly path: string;
  /** The parameters, by their paths below this one. */
  readonly parameters: readonly string[];
  /** The same object for every stage of one kind. */
  readonly piece: Piece;
}

/** All programs of a gradient in pieces. */
export interface Pieces {
  /** From `image` and `noise` to the images `x` of the first stage. */
  readonly start: ProgramDefinition;
  /** The stages, in order. */
  readonly stages: readonly PlacedPiece[];
  /** From what every stage adds to the densities, under `densityName`, to `bitsPerDim` of each image. */
  readonly end: ProgramDefinition;
}

/** What a likelihood is the sum of, by name. */
export const densities = ['logPrior', 'logDet'] as const satisfies (keyof Densities)[];

/** The name of what a stage adds to a density. */
export function densityName(path: string, density: keyof Densities): string {
  return `${path}/${density}`;
}

/**
 * Defines the pieces, for the gradients of Σ bits/dim / `batchSize` over so many images.
 *
 * The loss is linear in what the stages add to the densities. So each knows from the start with what gradient they
 * arrive at the loss, and need not add anything in the forward pass: there is time for that in the backward pass.
 */
export function piecesOf(
  model: Glow,
  { images, batchSize }: { readonly images: number; readonly batchSize: number },
): Pieces {
  const shape = [images, ...model.imageShape];
  const [image, noise] = [input('image', shape), input('noise', shape)];
  const x = model.dequantise(image, noise);
  const graphs = new Map<Stage, StageGraph>();
  let reached = x.shape;
  const placed = model.stages.map(({ path, stage }) => {
    const graph = graphs.get(stage) ?? graphOf(stage, reached);
    graphs.set(stage, graph);
    reached = graph.result.y?.shape ?? reached;
    return { path, stage, graph };
  });
  const inputs: Record<string, Tensor> = {};
  const added = placed.map(({ path, graph: { result } }) => {
    const ofStage: { logPrior?: Tensor; logDet?: Tensor } = {};
    for (const density of densities) {
      if (result[density]) {
        const name = densityName(path, density);
        inputs[name] = input(name, result[density].shape);
        ofStage[density] = inputs[name];
      }
    }
    return ofStage;
  });
  const bitsPerDim = bitsPerDimFrom(model, model.logLikelihood(sumOfDensities(added)));
  const names = Object.keys(inputs);
  const found = gradients(sum(bitsPerDim), Object.values(inputs), constant(1 / batchSize));
  const gradientOf = new Map(names.map((name, index) => [name, found[index]!]));
  const pieces = new Map<Stage, Piece>();
  for (const { path, stage, graph } of placed) {
    // Wherever a stage stands, the gradients of what it adds to the densities are the same.
    const piece = pieces.get(stage) ?? pieceOf(stage, graph, (density) => gradientOf.get(densityName(path, density))!);
    pieces.set(stage, piece);
  }
  return {
    start: { inputs: { image, noise }, outputs: { x } },
    stages: placed.map(({ path, stage }) => ({
      path,
      parameters: Object.keys(stage.parameters),
      piece: pieces.get(stage)!,
    })),
    end: { inputs, outputs: { bitsPerDim } },
  };
}

/** A stage as a graph of its own. */
interface StageGraph {
  readonly x: Tensor;
  readonly weights: Readonly<Record<string, Tensor>>;
  readonly result: ReturnType<Stage['forward']>;
}

function graphOf(stage: Stage, shape: Shape): StageGraph {
  const x = input('x', shape);
  const weights = Object.fromEntries(
    Object.entries(stage.parameters).map(([name, spec]) => [name, input(name, spec.shape)]),
  );
  return { x, weights, result: stage.forward(checkpoint(x), parametersFrom(weights)) };
}

function pieceOf(
  { parameters }: Stage,
  { x, weights, result: { y, ...result } }: StageGraph,
  gradientOf: (density: keyof Densities) => Tensor,
): Piece {
  const inputs: Record<string, Tensor> = { x };
  for (const [name, weight] of Object.entries(weights)) {
    inputs[stateName('weights', name)] = weight;
  }
  const trained = Object.keys(parameters).filter((name) => parameters[name]!.trained);
  const outputs: Record<string, Tensor> = {};
  const known: KnownGradient[] = [];
  for (const density of densities) {
    const tensor = result[density];
    if (tensor) {
      outputs[density] = tensor;
      known.push({ tensor, gradient: gradientOf(density) });
    }
  }
  const gradientOfY = y && input('gradientOfY', y.shape);
  if (gradientOfY) {
    known.push({ tensor: y, gradient: gradientOfY });
  }
  const [gradientOfX, ...found] = pullback(known, [x, ...trained.map((name) => weights[name]!)]);
  trained.forEach((name, index) => {
    outputs[stateName('gradients', name)] = found[index]!;
  });
  const toRemember = y ? topologicalOrder([y]).filter(isRemembered) : [];
  const remembered = Object.fromEntries(toRemember.map((tensor, index) => [`remembered/${index}`, tensor]));
  return {
    ...(y && { forward: { inputs, outputs: { y, ...remembered } } }),
    backward: {
      inputs: { ...inputs, ...remembered, ...(gradientOfY && { gradientOfY }) },
      outputs: { ...outputs, gradientOfX: gradientOfX! },
    },
  };
}
