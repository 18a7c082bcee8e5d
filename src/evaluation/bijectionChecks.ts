// The checks of the contract of bijections, one after another, and what each measured.
import type { NamedArrays, Program } from '../engine/program.ts';
import type { Bijection } from '../flows/bijection.ts';
import { parametersFrom } from '../flows/parameters.ts';
import { countNonFinite, dot, relativeError } from '../numeric/compare.ts';
import { dimensionsOf } from '../numeric/imageShape.ts';
import { type NdArray, sizeOf } from '../numeric/ndarray.ts';
import { RandomStream } from '../numeric/random.ts';
import type { Precision } from '../tensor/emitter.ts';
import { OPEN_BATCH, type Shape, sameShape, showShape } from '../tensor/shape.ts';
import { constant } from '../tensor/tensor.ts';
import {
  asFeeds,
  type BijectionGraph,
  compileGradients,
  compileValues,
  graphOf,
  parameterName,
} from './bijectionProgram.ts';
import type { BijectionCheck } from './checkBijection.ts';
import { LARGEST_DENSE, logDetByDifferences, logDetByDirections, logDetByGradients } from './jacobian.ts';
import { LayerMap } from './layerMap.ts';
import { randomImages, randomParameters } from './randomParameters.ts';

/** The limits; errors are relative to the largest value, or to 1 if that is smaller. */
const LIMITS = {
  inverse: 1e-9,
  inverseAtStart: 1e-11,
  /** By gradients, exact in float64; by central differences; in nats per dimension along random directions. */
  logDet: { gradients: 1e-9, differences: 1e-6, directions: 1e-4 },
  gradient: 1e-7,
  float32: 1e-4,
  /** The same numbers in another order. */
  same: 1e-12,
};

type Arrays = Readonly<Record<string, NdArray>>;

/** Runs the checks of one layer and keeps what they measured. */
export class BijectionChecks {
  readonly checks: BijectionCheck[] = [];
  private readonly layer: Bijection;
  private readonly given: Arrays | undefined;
  private readonly images: number;
  private readonly withoutEffect: readonly string[];
  private readonly engine: { threads?: number };

  constructor(
    layer: Bijection,
    options: {
      parameters: Arrays | undefined;
      images: number;
      withoutEffect: readonly string[];
      threads: number | undefined;
    },
  ) {
    this.layer = layer;
    this.given = options.parameters;
    this.images = options.images;
    this.withoutEffect = options.withoutEffect;
    this.engine = options.threads === undefined ? {} : { threads: options.threads };
  }

  /** Makes all checks that the layer lets one make. */
  async all(): Promise<void> {
    const start = await this.attempt('start values', () => this.startValues());
    const graph = start && (await this.attempt('building the graph', () => this.graph()));
    const program =
      graph && (await this.attempt('compiling', () => compileValues(graph, this.precision('float64'))));
    if (!start || !graph || !program) {
      return;
    }
    const parameters = this.given ?? randomParameters(this.layer.parameters);
    const feeds: NamedArrays = {
      x: randomImages(this.images, this.layer.inputShape, 'x'),
      target: randomImages(this.images, this.layer.outputShape, 'target'),
      ...asFeeds(parameters),
    };
    const result = await this.attempt('running', () => this.values(program, feeds));
    if (result) {
      await this.attempt('inverse at the start', () => this.inverseAtStart(program, feeds, start));
      await this.attempt('inverse', () => this.inverses(program, feeds, result));
      await this.attempt('images', () => this.independence(program, feeds, result));
      const right = await this.attempt('gradients', () => this.gradients(graph, program, feeds));
      await this.attempt('logDet', () => this.logDets(feeds, parameters, result, right === true));
      await this.attempt('float32', () => this.float32(graph, feeds, right !== undefined));
      await this.attempt('open batch', () => this.openBatch(feeds, result));
    }
    await program.release();
  }

  /** Notes a measurement, and says whether it is right. */
  private note(what: string, value: number, limit: number): boolean {
    this.checks.push({ what, value, limit });
    return value <= limit;
  }

  /** What the layer throws is a problem of the layer. */
  private async attempt<T>(what: string, check: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await check();
    } catch (error) {
      this.note(`${what}: ${error instanceof Error ? error.message : String(error)}`, Number.NaN, 0);
      return undefined;
    }
  }

  private precision(precision: Precision) {
    return { ...this.engine, precision };
  }

  private startValues(): Arrays | undefined {
    const drawn = (): Arrays =>
      Object.fromEntries(
        Object.entries(this.layer.parameters).map(([path, { shape, initial, family }]) => [
          path,
          { shape, data: initial(new RandomStream(1, family ?? path)) },
        ]),
      );
    const [start, again] = [drawn(), drawn()];
    const right = Object.entries(start).flatMap(([path, { shape, data }]) => [
      this.note(
        `start values of ${path} that lack or are too many`,
        Math.abs(data.length - sizeOf(shape)),
        0,
      ),
      this.note(`start values of ${path} that are not finite`, countNonFinite(data), 0),
      this.note(`start values of ${path} drawn again`, relativeError(again[path]!.data, data), 0),
    ]);
    return right.every(Boolean) ? start : undefined;
  }

  private graph(): BijectionGraph | undefined {
    const graph = graphOf(this.layer, this.images);
    const { inputShape, outputShape } = this.layer;
    const shape = (what: string, actual: Shape, expected: Shape) => {
      const problem = `shape of ${what}: ${showShape(actual)}, expected ${showShape(expected)}`;
      return this.note(problem, sameShape(actual, expected) ? 0 : 1, 0);
    };
    const right = [
      shape('y', graph.y.shape, [this.images, ...outputShape]),
      shape('inverse', graph.inverse.shape, [this.images, ...inputShape]),
      shape('logDet', graph.logDet.shape, graph.logDet.rank === 0 ? [] : [this.images]),
      this.note(
        'values of an image that come or go',
        Math.abs(dimensionsOf(outputShape) - dimensionsOf(inputShape)),
        0,
      ),
    ];
    return right.every(Boolean) ? graph : undefined;
  }

  private async values(program: Program, feeds: NamedArrays): Promise<Arrays | undefined> {
    const result = await program.run(feeds);
    const right = Object.entries(result).map(([name, { data }]) =>
      this.note(`values of ${name} that are not finite`, countNonFinite(data), 0),
    );
    return right.every(Boolean) ? result : undefined;
  }

  private async inverseAtStart(program: Program, feeds: NamedArrays, start: Arrays): Promise<void> {
    const atStart = { ...feeds, ...asFeeds(start) };
    const { y, logDet } = await program.run(atStart);
    const { inverse } = await program.run({ ...atStart, target: y! });
    this.note('values of logDet at the start that are not finite', countNonFinite(logDet!.data), 0);
    this.note(
      'inverse(forward(x)) at the start',
      relativeError(inverse!.data, feeds.x!.data),
      LIMITS.inverseAtStart,
    );
  }

  private async inverses(program: Program, feeds: NamedArrays, { y, inverse }: Arrays): Promise<void> {
    const back = await program.run({ ...feeds, x: inverse!, target: y! });
    this.note('inverse(forward(x))', relativeError(back.inverse!.data, feeds.x!.data), LIMITS.inverse);
    this.note('forward(inverse(y))', relativeError(back.y!.data, feeds.target!.data), LIMITS.inverse);
  }

  /** Whether an image's results stay as they are when another image changes. */
  private async independence(program: Program, feeds: NamedArrays, result: Arrays): Promise<void> {
    const worst = new LargestErrors();
    for (let image = 0; image < this.images; image++) {
      const [x, target] = [withOther(feeds.x!, image), withOther(feeds.target!, image)];
      const changed = await program.run({ ...feeds, x, target });
      for (const [name, array] of Object.entries(result)) {
        worst.take(name, relativeError(without(changed[name]!, image), without(array, image)));
      }
    }
    worst.each((name, error) => this.note(`${name} of an image when another changes`, error, LIMITS.same));
  }

  /** Whether the gradient of x is right. */
  private async gradients(graph: BijectionGraph, program: Program, feeds: NamedArrays): Promise<boolean> {
    const weight = randomImages(this.images, this.layer.outputShape, 'weight');
    const names = this.variables();
    const differentiated = await compileGradients(graph, names, this.precision('float64'));
    const result = await differentiated.run({ ...feeds, weight });
    const right = new Map<string, boolean>();
    for (const name of names) {
      const { data } = result[gradientName(name)]!;
      const path = pathOf(name);
      const error = await this.gradientError(program, { ...feeds, weight }, name, data);
      right.set(name, this.note(`gradient of ${path}`, error, LIMITS.gradient));
      const mask = name === 'x' ? undefined : this.layer.parameters[path]!.mask;
      if (!this.withoutEffect.includes(path) && mask?.every((on) => on === 0) !== true) {
        const zero = data.every((value) => value === 0);
        this.note(`gradient of ${path} that is zero everywhere`, zero ? 1 : 0, 0);
      }
      if (mask) {
        const leaks = Array.from(data).filter((value, index) => mask[index] === 0 && value !== 0);
        this.note(`masked elements of ${path} that have a gradient`, leaks.length, 0);
      }
    }
    await this.masks(differentiated, { ...feeds, weight }, result);
    await differentiated.release();
    return right.get('x')!;
  }

  /** The largest error of a gradient along two random directions: along these any wrong element shows. */
  private async gradientError(
    program: Program,
    { weight, ...feeds }: NamedArrays,
    name: string,
    gradient: NdArray['data'],
  ): Promise<number> {
    const { shape, data } = feeds[name]!;
    let largest = 0;
    for (let draw = 0; draw < 2; draw++) {
      const direction = new RandomStream(3, name, draw).normals(data.length);
      const length = Math.hypot(...direction);
      const exact = dot(direction, gradient) / length;
      const lossAt = async (distance: number) => {
        const moved = direction.map((value, index) => data[index]! + (distance / length) * value);
        const { y, logDet } = await program.run({ ...feeds, [name]: { shape, data: moved } });
        const share = logDet!.shape.length === 0 ? this.images : 1;
        return dot(y!.data, weight!.data) + share * total(logDet!.data);
      };
      // A kink of a ReLU within a step spoils a difference, but hardly one in this and in a tenth of it.
      let error = Number.POSITIVE_INFINITY;
      for (const h of [1e-5, 1e-6]) {
        const numeric = ((await lossAt(h)) - (await lossAt(-h))) / (2 * h);
        error = Math.min(error, relativeError([exact], [numeric]));
      }
      largest = Math.max(largest, error);
    }
    return largest;
  }

  /** Whether all stays as it is when the masked elements, rubbish until now, become zero. */
  private async masks(program: Program, feeds: NamedArrays, result: Arrays): Promise<void> {
    const clean: Record<string, NdArray> = {};
    for (const [path, { mask }] of Object.entries(this.layer.parameters)) {
      const { shape, data } = feeds[parameterName(path)]!;
      if (mask) {
        clean[path] = { shape, data: Float64Array.from(data, (value, index) => (mask[index] ? value : 0)) };
      }
    }
    if (Object.keys(clean).length > 0) {
      const values = await program.run({ ...feeds, ...asFeeds(clean) });
      for (const [name, { data }] of Object.entries(result)) {
        this.note(`effect of masked elements on ${name}`, relativeError(values[name]!.data, data), 0);
      }
    }
  }

  private async logDets(
    feeds: NamedArrays,
    parameters: Arrays,
    { logDet }: Arrays,
    gradientIsRight: boolean,
  ): Promise<void> {
    const constants = Object.entries(parameters).map(([path, array]) => [path, constant(array)]);
    const map = new LayerMap(this.layer, parametersFrom(Object.fromEntries(constants)), this.engine);
    for (let image = 0; image < this.images; image++) {
      const x = Float64Array.from(ofImage(feeds.x!, image).data);
      const said = logDet!.data[logDet!.shape.length === 0 ? 0 : image]!;
      const what = `logDet of image ${image} against`;
      if (!gradientIsRight) {
        const { value } = await logDetByDifferences(map, x);
        this.note(`${what} differences`, relativeError([said], [value]), LIMITS.logDet.differences);
      } else if (map.dimensions <= LARGEST_DENSE) {
        const { value } = await logDetByGradients(map, x);
        this.note(`${what} its Jacobian`, relativeError([said], [value]), LIMITS.logDet.gradients);
      } else {
        const { value, uncertainty } = await logDetByDirections(map, x, { count: 32, seed: image });
        const limit = LIMITS.logDet.directions + uncertainty / map.dimensions;
        this.note(`${what} random directions`, Math.abs(said - value) / map.dimensions, limit);
      }
    }
    await map.release();
  }

  private async float32(graph: BijectionGraph, feeds: NamedArrays, withGradients: boolean): Promise<void> {
    const weight = randomImages(this.images, this.layer.outputShape, 'weight');
    const run = async (precision: Precision) => {
      const names = withGradients ? this.variables() : [];
      const program = await compileGradients(graph, names, this.precision(precision));
      const result = await program.run({ ...feeds, weight });
      await program.release();
      return result;
    };
    const [single, double] = [await run('float32'), await run('float64')];
    for (const [name, { data }] of Object.entries(double)) {
      this.note(`${name} in float32`, relativeError(single[name]!.data, data), LIMITS.float32);
    }
  }

  private async openBatch(feeds: NamedArrays, result: Arrays): Promise<void> {
    const program = await compileValues(graphOf(this.layer, OPEN_BATCH), this.precision('float64'));
    const worst = new LargestErrors();
    const all = await program.run(feeds);
    for (const [name, { data }] of Object.entries(result)) {
      worst.take(`${name} with an open batch`, relativeError(all[name]!.data, data));
    }
    for (let image = 0; image < this.images; image++) {
      const [x, target] = [ofImage(feeds.x!, image), ofImage(feeds.target!, image)];
      const one = await program.run({ ...feeds, x, target });
      for (const [name, array] of Object.entries(result)) {
        worst.take(`${name} of an image alone`, relativeError(one[name]!.data, ofImage(array, image).data));
      }
    }
    worst.each((what, error) => this.note(what, error, LIMITS.same));
    await program.release();
  }

  /** The inputs of the program that can be differentiated. */
  private variables(): string[] {
    const { parameters } = this.layer;
    const trained = Object.keys(parameters).filter((path) => parameters[path]!.trained);
    return ['x', ...trained.map(parameterName)];
  }
}

/** The largest error of each thing that is measured several times. */
class LargestErrors {
  private readonly errors = new Map<string, number>();

  take(what: string, error: number): void {
    this.errors.set(what, Math.max(this.errors.get(what) ?? 0, error));
  }

  each(visit: (what: string, error: number) => void): void {
    for (const [what, error] of this.errors) {
      visit(what, error);
    }
  }
}

const gradientName = (name: string) => `gradient ${name}`;

function total(values: NdArray['data']): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0);
}

/** The name of a parameter from its name in a program; `x` stays. */
const pathOf = (name: string) => (name === 'x' ? name : name.slice(parameterName('').length));

/** The part of an array that belongs to one image; all of a number that stands for every image. */
function ofImage({ shape, data }: NdArray, image: number): NdArray {
  const [, ...rest] = shape;
  const size = sizeOf(rest);
  return shape.length === 0
    ? { shape, data }
    : { shape: [1, ...rest], data: data.slice(image * size, (image + 1) * size) };
}

/** The parts that belong to all other images. */
function without({ shape, data }: NdArray, image: number): Float64Array {
  const size = sizeOf(shape.slice(1));
  return Float64Array.from(data).filter(
    (_, index) => shape.length === 0 || Math.floor(index / size) !== image,
  );
}

/** A batch with another image in the place of one. */
function withOther({ shape, data }: NdArray, image: number): NdArray {
  const size = sizeOf(shape.slice(1));
  const changed = Float64Array.from(data);
  changed.set(new RandomStream(4, 'other', image).normals(size), image * size);
  return { shape, data: changed };
}
