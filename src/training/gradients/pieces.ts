// The gradient of a model, piecewise: small programs for each kind of stage, run once for every stage.
import type { Device } from '../../engine/devices/device.ts';
import { prepare } from '../../engine/graph/prepare.ts';
import { type ConditionName, conditionNames } from '../../flows/contract/condition.ts';
import type { Flow } from '../../models/flow.ts';
import { arrayName } from '../../models/parameterLayout.ts';
import { type Densities, sumOfDensities } from '../../models/stages.ts';
import { gradients, type KnownGradient, pullback } from '../../tensor/gradients/gradient.ts';
import { isRemembered } from '../../tensor/operations/checkpoint.ts';
import { sum } from '../../tensor/operations/index.ts';
import type { ProgramDefinition } from '../../tensor/programDefinition.ts';
import { constant, input, type Tensor } from '../../tensor/tensor.ts';
import { topologicalOrder } from '../../tensor/traversal.ts';
import { bitsPerDimFrom } from '../../trained/likelihood/likelihood.ts';
import { type PlacedGraph, type StageGraph, stageGraphs } from './stageGraphs.ts';

/**
 * The programs of one kind of stage. Both take images `x`, in the dequantisation, which comes first, `image` and `noise`
 * instead, the stage's parameters `weights/…`, and the conditions that it uses.
 */
interface Piece {
  /** Returns the images `y` for the next stage and what to save, `remembered/…`; missing at the top stage. */
  readonly forward?: ProgramDefinition;
  /**
   * Takes what was saved, and `gradientOfY` if there is a y. Recomputes the forward pass as far as needed and
   * returns the stage's contributions to the densities, `logPrior`, `logDet` and `logNoise`, the gradient `gradientOfX`
   * if there is an x, and the parameter gradients, `gradients/…`. Missing if it would return nothing.
   */
  readonly backward?: ProgramDefinition;
}

/** A stage and its programs. */
export interface PlacedPiece {
  /** The path prefix of the stage's parameters. */
  readonly path: string;
  /** The parameters, by their paths under that prefix. */
  readonly parameters: readonly string[];
  /** The conditions that its programs take. */
  readonly conditions: readonly ConditionName[];
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
  /** The dequantisation, and the stages in order. */
  readonly stages: readonly PlacedPiece[];
  /**
   * From every stage's contributions to the densities, under `densityName`, to `bitsPerDim` of each image.
   */
  readonly end: ProgramDefinition;
}

/** The terms of a likelihood, by name. */
export const densities = ['logPrior', 'logDet', 'logNoise'] as const satisfies (keyof Densities)[];

/** The name of a stage's contribution to a density. */
export function densityName(path: string, density: keyof Densities): string {
  return `${path}/${density}`;
}

/**
 * Defines the pieces, prepared for a device, for the gradients of Σ bits/dim / `batchSize` over `images`
 * images.
 */
export function piecesOf(model: Flow, { images, batchSize, device }: PieceOptions): Pieces {
  const graphs = stageGraphs(model, images);
  const { inputs, bitsPerDim, gradientOf } = lossOf(model, graphs, batchSize);
  const pieces = new Map<StageGraph, Piece>();
  const stages = graphs.map(({ path, graph }) => {
    const piece = pieces.get(graph) ?? pieceOf(graph, gradientOf(path), device);
    pieces.set(graph, piece);
    const conditions = conditionNames.filter((name) => graph.condition[name]);
    return { path, parameters: Object.keys(graph.parameters), conditions, piece };
  });
  return { stages, end: prepare({ inputs, outputs: { bitsPerDim } }, { device }) };
}

/** The gradients of the loss with respect to a stage's contributions to the densities. */
type DensityGradients = (density: keyof Densities) => Tensor;

/**
 * The loss, from every stage's contributions to the densities. It is linear in them: its gradients are
 * constants, the same for every stage. So a stage need not compute its contribution before the backward pass.
 */
function lossOf(
  model: Flow,
  graphs: readonly PlacedGraph[],
  batchSize: number,
): { inputs: Record<string, Tensor>; bitsPerDim: Tensor; gradientOf: (path: string) => DensityGradients } {
  const inputs: Record<string, Tensor> = {};
  const added = graphs.map(({ path, graph: { result } }) => {
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
  { parameters, taken, condition, weights, result: { y, ...result } }: StageGraph,
  gradientOf: DensityGradients,
  device: Device | undefined,
): Piece {
  const inputs: Record<string, Tensor> = { ...taken, ...condition };
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
  const variables = { ...(taken.x && { gradientOfX: taken.x }), ...gradientsOf(trained, weights) };
  const found = pullback(known, Object.values(variables));
  Object.keys(variables).forEach((name, index) => {
    outputs[name] = found[index]!;
  });
  const toRemember = y ? topologicalOrder([y]).filter(isRemembered) : [];
  const remembered = Object.fromEntries(toRemember.map((tensor, index) => [`remembered/${index}`, tensor]));
  const backward = { inputs: { ...inputs, ...remembered, ...(gradientOfY && { gradientOfY }) }, outputs };
  const forward = y && prepare({ inputs, outputs: { y, ...remembered } }, { device });
  return {
    ...(forward && { forward }),
    ...(Object.keys(outputs).length > 0 && { backward: prepare(backward, { device }) }),
  };
}

/** The weights that are trained, by the names of their gradients. */
function gradientsOf(
  trained: readonly string[],
  weights: Readonly<Record<string, Tensor>>,
): Record<string, Tensor> {
  return Object.fromEntries(trained.map((name) => [arrayName('gradients', name), weights[name]!]));
}
