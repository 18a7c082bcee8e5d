// Times the inverses of layers by every method, and measures their error.
import { type CompileOptions, compile, type Program } from '../engine/program.ts';
import { releaseAfter } from '../engine/resources.ts';
import type { Bijection } from '../flows/contract/bijection.ts';
import { chain } from '../flows/contract/chain.ts';
import { parametersFrom } from '../flows/contract/parameters.ts';
import { type Mixing, mixings } from '../models/mixing.ts';
import { largestDifference } from '../numeric/compare.ts';
import type { ImageShape } from '../numeric/imageShape.ts';
import { type NdArray, sizeOf } from '../numeric/ndarray.ts';
import { RandomStream } from '../numeric/random.ts';
import { median } from '../numeric/statistics.ts';
import { constant, input, type Tensor } from '../tensor/tensor.ts';
import { hasInverseMethods } from './benchModel.ts';
import { measureInTurn, secondsOf } from './timing.ts';

/** What is timed. */
export interface InverseBenchmark extends CompileOptions {
  readonly mixings: readonly Mixing[];
  readonly kernelSize: number;
  /** The input shapes of the layers, one per level. */
  readonly shapes: readonly ImageShape[];
  readonly batchSize: number;
  readonly rounds: number;
  /** Called at the start and after each layer and shape. */
  onProgress?(done: number): void;
}

/** The time of one layer's inverse by one method. */
export interface InverseTimes {
  readonly mixing: Mixing;
  readonly shape: ImageShape;
  readonly batch: number;
  readonly kernelSize: number;
  /** The name of the inverse. */
  readonly method: string;
  /** The median over the rounds. */
  readonly seconds: number;
  /** The forward map of the same layer, in the same rounds. */
  readonly forwardSeconds: number;
  /** The largest |inverse(y) − x| for y = forward(x), x normal, the forward map in float64. */
  readonly error: number;
}

const WARM_UP = 1;

/**
 * Times the inverse of the layer that a mixing is named after (emerging alone, without the 1x1 before it),
 * weights frozen; for emerging the sequential method too, in the same rounds.
 */
export async function timeInverses(benchmark: InverseBenchmark): Promise<InverseTimes[]> {
  const results: InverseTimes[] = [];
  let done = 0;
  benchmark.onProgress?.(done);
  for (const mixing of benchmark.mixings) {
    for (const shape of benchmark.shapes) {
      results.push(...(await timeLayer(benchmark, mixing, shape)));
      benchmark.onProgress?.(++done);
    }
  }
  return results;
}

function timeLayer(benchmark: InverseBenchmark, mixing: Mixing, shape: ImageShape): Promise<InverseTimes[]> {
  const { batchSize: batch, kernelSize, rounds } = benchmark;
  const layer = lastLayer(mixing, shape, kernelSize);
  const parameters = startValues(layer);
  const full = [batch, ...shape];
  const x: NdArray = { shape: full, data: new RandomStream(1, 'bench').normals(sizeOf(full)) };
  return releaseAfter(async (keep) => {
    const y = await mapExactly(layer, parameters, x, benchmark);
    const single = { shape: full, data: Float32Array.from(y.data) };
    const forward = keep(await mapProgram(layer, parameters, full, 'forward', benchmark));
    const backward = keep(await mapProgram(layer, parameters, full, 'inverse', benchmark));
    const methods: [string, () => Promise<NdArray>][] = [
      [mixings[mixing].inverse, async () => (await backward.run({ x: single })).y!],
    ];
    if (hasInverseMethods(mixing)) {
      const slowly = { ...benchmark, precision: 'float64', inverse: 'sequential' } as const;
      const sequential = keep(await mapProgram(layer, parameters, full, 'inverse', slowly));
      methods.push(['sequential', async () => (await sequential.run({ x: y })).y!]);
    }
    const found: NdArray[] = [];
    const inverses = methods.map(([, run], index) => async () => {
      found[index] = await run();
    });
    const works = [() => forward.run({ x: single }), ...inverses];
    const [forwardTimes, ...times] = await measureInTurn(
      works.map((work) => () => secondsOf(work)),
      { warmUp: WARM_UP, rounds },
    );
    return methods.map(([method], index) => ({
      mixing,
      shape,
      batch,
      kernelSize,
      method,
      seconds: median(times[index]!),
      forwardSeconds: median(forwardTimes!),
      error: largestDifference(found[index]!.data, x.data),
    }));
  });
}

/** The layer that a mixing is named after: its last layer. */
function lastLayer(mixing: Mixing, shape: ImageShape, kernelSize: number): Bijection {
  const parts = Object.entries(mixings[mixing].layers(shape, { kernelSize, dilation: 1 }));
  return chain(mixing, Object.fromEntries([parts.at(-1)!]));
}

/** The forward map of a layer, in float64. */
function mapExactly(
  layer: Bijection,
  parameters: Record<string, NdArray>,
  x: NdArray,
  options: CompileOptions,
): Promise<NdArray> {
  return releaseAfter(async (keep) => {
    const exactly = { ...options, precision: 'float64' } as const;
    const program = keep(await mapProgram(layer, parameters, x.shape, 'forward', exactly));
    return (await program.run({ x })).y!;
  });
}

/** Initial parameters with small random changes, as from training. */
function startValues(layer: Bijection): Record<string, NdArray> {
  return Object.fromEntries(
    Object.entries(layer.parameters).map(([path, { shape, trained, initial }]) => {
      const start = initial(new RandomStream(2, 'start', path));
      const move = new RandomStream(2, 'move', path);
      return [path, { shape, data: trained ? start.map((value) => value + 0.02 * move.normal()) : start }];
    }),
  );
}

function mapProgram(
  layer: Bijection,
  parameters: Record<string, NdArray>,
  shape: readonly number[],
  direction: 'forward' | 'inverse',
  options: CompileOptions,
): Promise<Program> {
  const p = parametersFrom(
    Object.fromEntries(Object.entries(parameters).map(([path, array]) => [path, constant(array)])),
  );
  const x = input('x', shape);
  const y: Tensor = direction === 'forward' ? layer.forward(x, p).y : layer.inverse(x, p);
  return compile({ inputs: { x }, outputs: { y } }, options);
}
