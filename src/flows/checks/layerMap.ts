// A layer with fixed parameters as a function in float64: its values and vector-Jacobian products.
import { countDimensions, type ImageShape, type NdArray } from '../../core/numeric/index.ts';
import { type CompileOptions, compile, onCpu, type Program } from '../../tensor/engine/index.ts';
import { gradients } from '../../tensor/gradients/gradient.ts';
import { constant, input, OPEN_BATCH } from '../../tensor/index.ts';
import { multiply, sum } from '../../tensor/operations/index.ts';
import type { Bijection } from '../contract/bijection.ts';
import type { Condition } from '../contract/condition.ts';
import type { Parameters } from '../contract/parameters.ts';

/** The approximate number of values per run of a program: enough to keep the processor busy. */
const VALUES_PER_RUN = 100_000;

/** A layer in float64; images are concatenated. */
export class LayerMap {
  /** The number of values of an image. */
  readonly dimensions: number;
  private readonly layer: Bijection;
  private readonly parameters: Parameters;
  private readonly options: CompileOptions;
  private readonly condition: Condition;
  private forwardProgram: Program | undefined;
  private gradientProgram: Program | undefined;

  /**
   * @param parameters constants
   * @param condition constants `[1, …]`, the same for all images
   */
  constructor(
    layer: Bijection,
    parameters: Parameters,
    options: CompileOptions = {},
    condition: Condition = {},
  ) {
    this.condition = condition;
    this.layer = layer;
    this.parameters = parameters;
    this.options = { ...onCpu(options), precision: 'float64' };
    this.dimensions = countDimensions(layer.inputShape);
  }

  /** The output images, and ln|det| of each. */
  async forward(x: Float64Array): Promise<{ y: Float64Array; logDet: Float64Array }> {
    this.forwardProgram ??= await this.compileForward();
    const y = new Float64Array(x.length);
    const logDet = new Float64Array(x.length / this.dimensions);
    for (const [start, end] of this.batches(x.length)) {
      const images = this.batch(x.subarray(start, end), this.layer.inputShape);
      const result = await this.forwardProgram.run({ x: images });
      y.set(result.y!.data, start);
      const { shape, data } = result.logDet!;
      const [first, last] = [start / this.dimensions, end / this.dimensions];
      if (shape.length === 0) {
        logDet.fill(data[0]!, first, last);
      } else {
        logDet.set(data, first);
      }
    }
    return { y, logDet };
  }

  /** Jᵀ·w for every w in `directions`, J being the Jacobian at the image `x`. */
  async pullBack(x: Float64Array, directions: Float64Array): Promise<Float64Array> {
    this.gradientProgram ??= await this.compileGradient();
    const pulledBack = new Float64Array(directions.length);
    for (const [start, end] of this.batches(directions.length)) {
      const copies = new Float64Array(end - start).map((_, index) => x[index % this.dimensions]!);
      const { gradient } = await this.gradientProgram.run({
        x: this.batch(copies, this.layer.inputShape),
        weight: this.batch(directions.subarray(start, end), this.layer.outputShape),
      });
      pulledBack.set(gradient!.data, start);
    }
    return pulledBack;
  }

  /** Frees the programs. */
  async release(): Promise<void> {
    await this.forwardProgram?.release();
    await this.gradientProgram?.release();
  }

  private compileForward(): Promise<Program> {
    const x = input('x', [OPEN_BATCH, ...this.layer.inputShape]);
    const { y, logDet } = this.layer.forward(x, this.parameters, this.condition);
    return compile({ inputs: { x }, outputs: { y, logDet } }, this.options);
  }

  private compileGradient(): Promise<Program> {
    const x = input('x', [OPEN_BATCH, ...this.layer.inputShape]);
    const weight = input('weight', [OPEN_BATCH, ...this.layer.outputShape]);
    const { y } = this.layer.forward(x, this.parameters, this.condition);
    const [gradient] = gradients(sum(multiply(y, weight)), [x], constant(1));
    return compile({ inputs: { x, weight }, outputs: { gradient: gradient! } }, this.options);
  }

  /** Where each run's share of the images starts and ends. */
  private batches(values: number): [start: number, end: number][] {
    const size = this.dimensions * Math.ceil(VALUES_PER_RUN / this.dimensions);
    return Array.from({ length: Math.ceil(values / size) }, (_, index) => [
      index * size,
      Math.min(values, (index + 1) * size),
    ]);
  }

  private batch(data: Float64Array, imageShape: ImageShape): NdArray {
    return { shape: [data.length / this.dimensions, ...imageShape], data };
  }
}
