// The graphs of a model's stages, each on its own: for programs that an image passes through one after the other.
import {
  type Condition,
  type ParameterSpecs,
  type Parameters,
  parametersFrom,
  startingParameters,
} from '../../flows/contract/index.ts';
import {
  DEQUANTISER,
  type Densities,
  type Flow,
  type Stage,
  type StageResult,
} from '../../flows/models/index.ts';
import { asConditionInputs, conditionInputs } from '../../model/likelihood/index.ts';
import { input, type Shape, type Tensor, topologicalOrder } from '../../tensor/index.ts';
import { checkpoint } from '../../tensor/operations/index.ts';

/** A stage, or the dequantisation, as its own graph. */
export interface StageGraph {
  readonly parameters: ParameterSpecs;
  /** The images that it takes: `x`, or `image` and `noise`. */
  readonly taken: Readonly<Record<string, Tensor>>;
  /** The inputs of the conditions that its layers use. */
  readonly condition: Readonly<Record<string, Tensor>>;
  readonly weights: Readonly<Record<string, Tensor>>;
  /** The weights that its layers derive from the images it takes; none unless it was asked for them. */
  readonly started: Readonly<Record<string, Tensor>>;
  readonly result: Pick<StageResult, 'y'> & Partial<Densities>;
}

/** The graph of a stage, and its place. */
interface PlacedGraph {
  /** The path prefix of its parameters. */
  readonly path: string;
  readonly graph: StageGraph;
}

/**
 * The graphs of the dequantisation and of every stage, in order; stages of one kind have the same one.
 *
 * @param starting whether layers with data-dependent initialisation use what they derive from the images
 */
export function stageGraphs(model: Flow, images: number, starting = false): PlacedGraph[] {
  const graphs = new Map<Stage, StageGraph>();
  const start = dequantisationGraph(model, images, starting);
  let shape = start.result.y!.shape;
  const placed: PlacedGraph[] = [{ path: DEQUANTISER, graph: start }];
  for (const { path, stage } of model.stages) {
    const graph = graphs.get(stage) ?? stageGraph(stage, shape, conditionInputs(model, images), starting);
    graphs.set(stage, graph);
    placed.push({ path, graph });
    shape = graph.result.y?.shape ?? shape;
  }
  return placed;
}

function stageGraph(stage: Stage, shape: Shape, accepted: Condition, starting: boolean): StageGraph {
  const x = input('x', shape);
  const { weights, parameters, started } = createWeights(stage.parameters, '', starting);
  const result = stage.forward(checkpoint(x), parameters, accepted);
  const { y, logPrior, logDet, logNoise } = result;
  const used = new Set(
    topologicalOrder([y, logPrior, logDet, logNoise].filter((tensor) => tensor !== undefined)),
  );
  const condition = asConditionInputs(
    Object.fromEntries(Object.entries(accepted).filter(([, tensor]) => used.has(tensor))),
  );
  return { parameters: stage.parameters, taken: { x }, condition, weights, started: started(), result };
}

function dequantisationGraph(model: Flow, images: number, starting: boolean): StageGraph {
  const shape = [images, ...model.imageShape];
  const [image, noise] = [input('image', shape), input('noise', shape)];
  const specs = model.dequantiser.parameters;
  const { weights, parameters, started } = createWeights(specs, `${DEQUANTISER}/`, starting);
  const { u, logDensity } = model.dequantisationNoise(image, noise, parameters);
  const y = model.dequantise(image, u);
  const result = { y, ...(logDensity && { logNoise: logDensity }) };
  return { parameters: specs, taken: { image, noise }, condition: {}, weights, started: started(), result };
}

/** The inputs for parameters, by name; layers look them up under a prefix. */
function createWeights(
  specs: ParameterSpecs,
  prefix: string,
  starting: boolean,
): Pick<StageGraph, 'weights'> & { parameters: Parameters; started: () => Record<string, Tensor> } {
  const weights = Object.fromEntries(
    Object.entries(specs).map(([name, { shape }]) => [name, input(name, shape)]),
  );
  const tensors = Object.fromEntries(
    Object.entries(weights).map(([name, weight]) => [prefix + name, weight]),
  );
  if (!starting) {
    return { weights, parameters: parametersFrom(tensors), started: () => ({}) };
  }
  const { parameters, started } = startingParameters(tensors);
  const byName = () =>
    Object.fromEntries([...started].map(([path, value]) => [path.slice(prefix.length), value]));
  return { weights, parameters, started: byName };
}
