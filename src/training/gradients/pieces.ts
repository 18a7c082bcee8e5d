// The gradient of a model, piecewise: small programs for each kind of stage, run once for every stage.
import type { Device } from '../../engine/devices/device.ts';
import { prepare } from '../../engine/graph/prepare.ts';
import { type Conditions, parametersFrom } from '../../flows/parameters.ts';
import type { Glow } from '../../models/glow.ts';
import { type Densities, type Stage, type StageResult, sumOfDensities } from '../../models/stages.ts';
import { gradients, type KnownGradient, pullback } from '../../tensor/gradient.ts';
import { isRemembered } from '../../tensor/operations/checkpoint.ts';
import { checkpoint, sum } from '../../tensor/operations/index.ts';
import type { ProgramDefinition } from '../../tensor/program.ts';
import type { Shape } from '../../tensor/shape.ts';
import { constant, input, type Tensor } from '../../tensor/tensor.ts';
import { topologicalOrder } from '../../tensor/traversal.ts';
import { conditionInputs } from '../classInputs.ts';
import { bitsPerDimFrom } from '../likelihood.ts';
import { arrayName } from '../parameterLayout.ts';

/** The programs of one kind of stage. Both take images `x`, the stage's parameters `weights/…`, and `classes` if it asks for them. */
interface Piece {
  /** Returns the images `y` for the next stage and what to save, `remembered/…`; missing at the top stage. */
  readonly forward?: ProgramDefinition;
  /**
   * Takes what was saved, and `gradientOfY` if there is a y. Recomputes the forward pass as far as needed and
   * returns the stage's contributions to the densities, `logPrior` and `logDet`, the gradient `gradientOfX`
   * and those of the parameters, `gradients/…`.
   */
  readonly backward: ProgramDefinition;
}

/** A stage and its programs. */
export interface PlacedPiece {
  /** The path prefix of the stage's parameters. */
  readonly path: string;
  /** The parameters, by their paths under that prefix. */
  readonly parameters: readonly string[];
  /** Whether its programs take the classes of the images. */
  readonly takesClasses: boolean;
  /** The same object for all stages of one kind. */
  readonly piece: Piece;
}

/** What the pieces are built for. */
interface PieceOptions {
  readonly images: number;
  readonly batchSize: number;
  readonly device?: Device | undefined;
}

/** All programs of a piecewise gradient. */
export interface Pieces {
  /** From `image` and `noise` to the images `x` of the first stage. */
  readonly start: ProgramDefinition;
  /** The stages, in order. */
  readonly stages: readonly PlacedPiece[];
  /**
   * From every stage's contributions to the densities, under `densityName`, to `bitsPerDim` of each image.
   */
  readonly end: ProgramDefinition;
}

/** The terms of a likelihood, by name. */
export const densities = ['logPrior', 'logDet'] as const satisfies (keyof Densities)[];

/** The name of a stage's contribution to a density. */
export function densityName(path: string, density: keyof Densities): string {
  return `${path}/${density}`;
}

/**
 * Defines the pieces, prepared for a device, for the gradients of Σ bits/dim / `batchSize` over `images`
 * images.
 */
export function piecesOf(model: Glow, { images, batchSize, device }: PieceOptions): Pieces {
  const shape = [images, ...model.imageShape];
  const [image, noise] = [input('image', shape), input('noise', shape)];
  const x = model.dequantise(image, noise);
  const graphs = graphsOf(model, x.shape);
  const { inputs, bitsPerDim, gradientOf } = lossOf(model, graphs, batchSize);
  const pieces = new Map<Stage, Piece>();
  for (const { path, stage } of model.stages) {
    const piece = pieces.get(stage) ?? pieceOf(stage, graphs.get(stage)!, gradientOf(path), device);
    pieces.set(stage, piece);
  }
  const stages = model.stages.map(({ path, stage }) => ({
    path,
    parameters: Object.keys(stage.parameters),
    takesClasses: stage.byClass !== undefined,
    piece: pieces.get(stage)!,
  }));
  return {
    start: prepare({ inputs: { image, noise }, outputs: { x } }, { device }),
    stages,
    end: prepare({ inputs, outputs: { bitsPerDim } }, { device }),
  };
}

/** A stage as its own graph. */
interface StageGraph {
  readonly x: Tensor;
  readonly conditions: Conditions;
  readonly weights: Readonly<Record<string, Tensor>>;
  readonly result: StageResult;
}

/** A graph for each kind of stage; the first stage takes images of the given shape. */
function graphsOf(model: Glow, first: Shape): Map<Stage, StageGraph> {
  const graphs = new Map<Stage, StageGraph>();
  let shape = first;
  for (const { stage } of model.stages) {
    const conditions = stage.byClass ? conditionInputs(model, shape[0]!) : {};
    const graph = graphs.get(stage) ?? graphOf(stage, shape, conditions);
    graphs.set(stage, graph);
    shape = graph.result.y?.shape ?? shape;
  }
  return graphs;
}

function graphOf(stage: Stage, shape: Shape, conditions: Conditions): StageGraph {
  const x = input('x', shape);
  const weights = Object.fromEntries(
    Object.entries(stage.parameters).map(([name, spec]) => [name, input(name, spec.shape)]),
  );
  const parameters = parametersFrom(weights, conditions);
  return { x, conditions, weights, result: stage.forward(checkpoint(x), parameters) };
}

/** The gradients of the loss with respect to a stage's contributions to the densities. */
type DensityGradients = (density: keyof Densities) => Tensor;

/**
 * The loss, from every stage's contributions to the densities. It is linear in them: its gradients are
 * constants, the same for every stage. So a stage need not compute its contribution before the backward pass.
 */
function lossOf(
  model: Glow,
  graphs: ReadonlyMap<Stage, StageGraph>,
  batchSize: number,
): { inputs: Record<string, Tensor>; bitsPerDim: Tensor; gradientOf: (path: string) => DensityGradients } {
  const inputs: Record<string, Tensor> = {};
  const added = model.stages.map(({ path, stage }) => {
    const { result } = graphs.get(stage)!;
    const given = densities.flatMap((density) => {
      const shape = result[density]?.shape;
      return shape ? [[density, input(densityName(path, density), shape)] as const] : [];
    });
    for (const [density, tensor] of given) {
      inputs[densityName(path, density)] = tensor;
    }
    return Object.fromEntries(given) as Partial<Densities>;
  });
  const bitsPerDim = bitsPerDimFrom(model, model.logLikelihood(sumOfDensities(added)));
  const found = gradients(sum(bitsPerDim), Object.values(inputs), constant(1 / batchSize));
  const byName = new Map(Object.keys(inputs).map((name, index) => [name, found[index]!]));
  return { inputs, bitsPerDim, gradientOf: (path) => (density) => byName.get(densityName(path, density))! };
}

function pieceOf(
  { parameters }: Stage,
  { x, conditions, weights, result: { y, ...result } }: StageGraph,
  gradientOf: DensityGradients,
  device: Device | undefined,
): Piece {
  const inputs: Record<string, Tensor> = { x, ...conditions };
  for (const [name, weight] of Object.entries(weights)) {
    inputs[arrayName('weights', name)] = weight;
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
    outputs[arrayName('gradients', name)] = found[index]!;
  });
  const toRemember = y ? topologicalOrder([y]).filter(isRemembered) : [];
  const remembered = Object.fromEntries(toRemember.map((tensor, index) => [`remembered/${index}`, tensor]));
  const backward = {
    inputs: { ...inputs, ...remembered, ...(gradientOfY && { gradientOfY }) },
    outputs: { ...outputs, gradientOfX: gradientOfX! },
  };
  // The other program differentiates the forward pass: here it must return the same, bit for bit.
  const forward = y && prepare({ inputs, outputs: { y, ...remembered } }, { device, differentiated: true });
  return { ...(forward && { forward }), backward: prepare(backward, { device }) };
}
