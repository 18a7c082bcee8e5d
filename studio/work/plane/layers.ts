// The layers of a plane flow one by one, for any weights: couplings of the same kind share their programs.
import type { NdArray } from 'emerging-flows';
import type { StagedFlow } from 'emerging-flows/flows';
import { parametersFrom } from 'emerging-flows/flows';
import {
  compile,
  constant,
  gradients,
  input,
  OPEN_BATCH,
  operations,
  type Program,
  type ProgramDefinition,
  type Tensor,
} from 'emerging-flows/tensor';
import { pointShape } from './planeFlow.ts';

const { add, multiply, slice, sum, sumPerImage } = operations;

/** Weights by path, such as `couplings/0/first/kernel`. */
export type Weights = Readonly<Record<string, NdArray>>;

/** Points after a layer, two numbers each, and ln|det| at each. */
interface Moved {
  readonly points: Float32Array;
  readonly logDet: Float32Array;
}

/** A point after a layer, and the layer's Jacobian there, row by row. */
interface MovedSquare extends Moved {
  readonly jacobian: readonly [number, number, number, number];
}

/** What the programs of a layer compute. */
type Direction = 'forward' | 'inverse' | 'jacobian';

/** In a flow this small there is nothing to divide, and starting threads takes time. */
export const engine = { threads: 1 } as const;

/** The couplings and the last scale of a plane flow. */
export class Layers {
  /** The number of layers; the places between them are numbered from 0, the data, to this, the noise. */
  readonly count: number;
  private readonly flow: StagedFlow;
  private readonly programs = new Map<string, Promise<Program>>();

  constructor(flow: StagedFlow) {
    this.flow = flow;
    // All stages but the prior.
    this.count = flow.stages.length - 1;
  }

  /** Points after a layer. */
  async forward(layer: number, points: Float32Array, weights: Weights): Promise<Moved> {
    const { y, logDet } = await this.run('forward', layer, points, weights);
    return { points: y!, logDet: logDet! };
  }

  /** Points before a layer. */
  async inverse(layer: number, points: Float32Array, weights: Weights): Promise<Float32Array> {
    return (await this.run('inverse', layer, points, weights)).x!;
  }

  /** A point after a layer, with the Jacobian. */
  async jacobian(layer: number, point: Float32Array, weights: Weights): Promise<MovedSquare> {
    const { y, logDet, first, second } = await this.run('jacobian', layer, point, weights);
    return { points: y!, logDet: logDet!, jacobian: [first![0]!, first![1]!, second![0]!, second![1]!] };
  }

  /** Frees the programs. */
  async release(): Promise<void> {
    const programs = await Promise.all(this.programs.values());
    this.programs.clear();
    await Promise.all(programs.map((program) => program.release()));
  }

  private async run(
    direction: Direction,
    layer: number,
    points: Float32Array,
    weights: Weights,
  ): Promise<Record<string, Float32Array>> {
    const { path, stage } = this.flow.stages[layer]!;
    const kind = layer === this.count - 1 ? 'scale' : layer % 2;
    const key = `${direction} ${kind}`;
    const program = this.programs.get(key) ?? compile(buildDefinition(direction, stage.bijection), engine);
    this.programs.set(key, program);
    program.catch(() => this.programs.delete(key));
    const stageWeights = Object.keys(stage.parameters).map((name) => [name, weights[`${path}/${name}`]!]);
    const image = { shape: [points.length / 2, ...pointShape], data: points };
    const results = await (await program).run({ image, ...Object.fromEntries(stageWeights) });
    return Object.fromEntries(
      Object.entries(results).map(([name, { data }]) => [name, Float32Array.from(data)]),
    );
  }
}

/** The program of a layer for any number of points. */
function buildDefinition(
  direction: Direction,
  bijection: StagedFlow['stages'][number]['stage']['bijection'],
): ProgramDefinition {
  const image = input('image', [OPEN_BATCH, ...pointShape]);
  const weights = Object.fromEntries(
    Object.entries(bijection.parameters).map(([name, { shape }]) => [name, input(name, shape)]),
  );
  const inputs = { image, ...weights };
  const parameters = parametersFrom(weights);
  if (direction === 'inverse') {
    return { inputs, outputs: { x: bijection.inverse(image, parameters) } };
  }
  const { y, logDet: mapLogDet } = bijection.forward(image, parameters);
  // One number per point, also where it is the same for all.
  const logDet = add(mapLogDet, multiply(sumPerImage(image), 0));
  if (direction === 'forward') {
    return { inputs, outputs: { y, logDet } };
  }
  const row = (coordinate: number): Tensor =>
    gradients(sum(slice(y, 3, coordinate, coordinate + 1)), [image], constant(1))[0]!;
  return { inputs, outputs: { y, logDet, first: row(0), second: row(1) } };
}
