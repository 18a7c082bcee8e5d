// The gradient of a model as a sequence of small programs: one for each kind of stage, run once for every stage.

import { arrayName, type Densities, sumOfDensities } from '../../flows/models/index.ts';
import { bitsPerDimFrom } from '../../model/likelihood/index.ts';
import { prepare } from '../../tensor/engine/index.ts';
import { gradients, type KnownGradient, pullback } from '../../tensor/gradients/gradient.ts';
import {
  constant,
  input,
  type ProgramDefinition,
  type Tensor,
  topologicalOrder,
} from '../../tensor/index.ts';
import { isRemembered, sum } from '../../tensor/operations/index.ts';
import type { GradientRequest } from './gradientPlan.ts';
import { type StageGraph, stageGraphs } from './stageGraphs.ts';

/**
 * A run of a program. Its arrays have names in the whole sequence: the batch's, `weights/…` and `gradients/…` of each
 * parameter by path, `bitsPerDim`, and those that pass from one run to another.
 */
export interface Piece {
  /** The same object for all stages of one kind. */
  readonly program: ProgramDefinition;
  /** The arrays that it takes and returns, by the names of the program's inputs and outputs. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  /** Forward pieces come first, only for the images between the stages; then backward ones, from the last stage. */
  readonly pass: 'forward' | 'backward';
}

/** The programs of a kind of stage. */
interface StagePrograms {
  /**
   * From images `x` (in the dequantisation, which comes first, from `image` and `noise`), the stage's parameters
   * `weights/…` and the conditions that it uses, to the images `y` for the next stage and what to save, `remembered/…`;
   * missing at the top stage.
   */
  readonly forward?: ProgramDefinition;
  /**
   * Takes the same, what was saved, and `gradientOfY` if there is a y. Recomputes the forward pass as far as needed and
   * returns the stage's contributions to the densities, `logPrior`, `logDet` and `logNoise`, the gradient `gradientOfX`
   * if there is an x, and the parameter gradients, `gradients/…`. Missing if it would return nothing.
   */
  readonly backward?: ProgramDefinition;
}

/** The terms of a likelihood, by name. */
const densities = ['logPrior', 'logDet', 'logNoise'] as const satisfies (keyof Densities)[];

/** Defines the pieces, prepared for a device, for the gradients of Σ bits/dim / `batchSize` over `images` images. */
export function definePieces({ model, images, batchSize, device }: GradientRequest): Piece[] {
  const graphs = stageGraphs(model, images);
  // From every stage's contributions to the densities to bits/dim.
  const inputs: Record<string, Tensor> = {};
  const contributions = graphs.map(({ graph: { result } }, stage) => {
    const terms: Partial<Record<keyof Densities, Tensor>> = {};
    for (const density of densities) {
      if (result[density]) {
        terms[density] = input(`${density} ${stage}`, result[density].shape);
        inputs[`${density} ${stage}`] = terms[density];
      }
    }
    return terms;
  });
  const bitsPerDim = bitsPerDimFrom(model, model.logLikelihood(sumOfDensities(contributions)));
  // It is linear in them: its gradients are constants, the same for every stage. So a stage need not compute its
  // contribution before the backward pass.
  const inputGradients = gradients(sum(bitsPerDim), Object.values(inputs), constant(1 / batchSize));
  const densityGradients = new Map(Object.keys(inputs).map((name, index) => [name, inputGradients[index]!]));
  const prepared = (definition: ProgramDefinition): ProgramDefinition => prepare(definition, { device });
  const kinds = new Map<StageGraph, StagePrograms>();
  const [forward, backward]: [Piece[], Piece[]] = [[], []];
  for (const [stage, { path, graph }] of graphs.entries()) {
    const programs =
      kinds.get(graph) ??
      definePrograms(graph, (density) => densityGradients.get(`${density} ${stage}`)!, prepared);
    kinds.set(graph, programs);
    const rename = (name: string): string => nameInSequence(name, path, stage);
    if (programs.forward) {
      forward.push(makePiece(programs.forward, 'forward', rename));
    }
    if (programs.backward) {
      backward.unshift(makePiece(programs.backward, 'backward', rename));
    }
  }
  const end = prepared({ inputs, outputs: { bitsPerDim } });
  return [...forward, ...backward, makePiece(end, 'backward', (name) => name)];
}

function makePiece(program: ProgramDefinition, pass: Piece['pass'], rename: (name: string) => string): Piece {
  const renamed = (tensors: Readonly<Record<string, Tensor>>): Record<string, string> =>
    Object.fromEntries(Object.keys(tensors).map((name) => [name, rename(name)]));
  return { program, pass, inputs: renamed(program.inputs), outputs: renamed(program.outputs) };
}

/** The name in the sequence of an array that the program of a stage takes or returns by this name. */
function nameInSequence(name: string, path: string, stage: number): string {
  // Arrays of the batch.
  if (name === 'image' || name === 'noise' || name.startsWith('condition/')) {
    return name;
  }
  if (/^(weights|gradients)\//.test(name)) {
    return name.replace('/', `/${path}/`);
  }
  // These come from the neighbouring stages.
  const others: Record<string, string> = { x: `y ${stage - 1}`, gradientOfY: `gradientOfX ${stage + 1}` };
  return others[name] ?? `${name} ${stage}`;
}

/** @param gradientOf the gradient of the loss with respect to the stage's contribution to a density */
function definePrograms(
  { parameters, taken: inputTensors, condition, weights, result: { y, ...result } }: StageGraph,
  gradientOf: (density: keyof Densities) => Tensor,
  prepared: (definition: ProgramDefinition) => ProgramDefinition,
): StagePrograms {
  const inputs: Record<string, Tensor> = { ...inputTensors, ...condition };
  const variables: Record<string, Tensor> = { ...(inputTensors.x && { gradientOfX: inputTensors.x }) };
  for (const [name, weight] of Object.entries(weights)) {
    inputs[arrayName('weights', name)] = weight;
    if (parameters[name]!.trained) {
      variables[arrayName('gradients', name)] = weight;
    }
  }
  const outputs: Record<string, Tensor> = {};
  const knownGradients: KnownGradient[] = [];
  for (const density of densities) {
    const tensor = result[density];
    if (tensor) {
      outputs[density] = tensor;
      knownGradients.push({ tensor, gradient: gradientOf(density) });
    }
  }
  const gradientOfY = y && input('gradientOfY', y.shape);
  if (gradientOfY) {
    knownGradients.push({ tensor: y, gradient: gradientOfY });
  }
  const variableGradients = pullback(knownGradients, Object.values(variables));
  Object.keys(variables).forEach((name, index) => {
    outputs[name] = variableGradients[index]!;
  });
  const toRemember = y ? topologicalOrder([y]).filter(isRemembered) : [];
  const remembered = Object.fromEntries(toRemember.map((tensor, index) => [`remembered/${index}`, tensor]));
  const backward = { inputs: { ...inputs, ...remembered, ...(gradientOfY && { gradientOfY }) }, outputs };
  return {
    ...(y && { forward: prepared({ inputs, outputs: { y, ...remembered } }) }),
    ...(Object.keys(outputs).length > 0 && { backward: prepared(backward) }),
  };
}
