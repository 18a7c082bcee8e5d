// The programs of a trained model: compiled on first use, run on as many images at a time as fit.
import { isOnAny, onlyRank, type Ranks } from '../../cluster/ranks.ts';
import type { ImageSet } from '../../data/contract/dataset.ts';
import { defaultDevice } from '../../engine/devices/device.ts';
import type { Precision } from '../../engine/onnx/emitter.ts';
import { requirePlace } from '../../engine/program.ts';
import type { Flow } from '../../models/flow.ts';
import { requireWhole } from '../../numeric/optionValues.ts';
import { nextTurn } from '../../platform/eventLoop.node.ts';
import { componentReader } from '../likelihood/conditionArrays.ts';
import type { Measurement } from '../likelihood/likelihood.ts';
import type { FlowModelOptions, MeasurementOptions } from './flowModelOptions.ts';
import {
  bytesOfRun,
  type ImageCompileOptions,
  type ImageProgram,
  imagesPerRun,
  LARGE_BYTES,
} from './modelPrograms.ts';
import type { TrainedModel } from './trainedModel.ts';
import { partOfWork, type WorkOptions } from './workOptions.ts';

/** Compiles one kind of program of a model. */
export type Compiler = (trained: TrainedModel, options: ImageCompileOptions) => Promise<ImageProgram>;

/** How one kind of program is run. */
interface RunOptions extends WorkOptions {
  /** By default that of the model. */
  readonly precision?: Precision | undefined;
}

/** The programs of a model. */
export class ImagePrograms {
  /** The model, without weights. */
  readonly model: Flow;
  /** The precision in which they compute unless another one is asked for. */
  readonly precision: Precision;
  private readonly trained: TrainedModel;
  private readonly options: ImageCompileOptions;
  private readonly batchSize: number;
  private readonly programs: Readonly<Record<Precision, Map<Compiler, Promise<ImageProgram>>>> = {
    float32: new Map(),
    float64: new Map(),
  };

  constructor(
    trained: TrainedModel,
    { batchSize = 64, precision = 'float32', onLargeImage, ...options }: FlowModelOptions,
  ) {
    requireWhole('batchSize', batchSize, 1);
    requirePlace(options);
    this.model = trained.model;
    this.precision = precision;
    this.trained = trained;
    this.batchSize = batchSize;
    const { imageShape } = trained.model;
    const { device = defaultDevice } = options;
    let isReported = false;
    this.options = {
      ...options,
      onBytesPerImage(bytesPerImage) {
        // Throws if a single image does not fit.
        imagesPerRun({ bytesPerImage, device }, { most: 1, imageShape });
        if (bytesOfRun(bytesPerImage) >= LARGE_BYTES && !isReported) {
          isReported = true;
          onLargeImage?.(bytesOfRun(bytesPerImage));
        }
      },
    };
  }

  /** Runs `work` on consecutive ranges of at most one batch; yields to the event loop between them. */
  async inBatches(
    count: number,
    compiler: Compiler,
    { precision = this.precision, signal, onProgress }: RunOptions,
    work: (program: ImageProgram, first: number, end: number) => Promise<void>,
  ): Promise<void> {
    signal?.throwIfAborted();
    if (count === 0) {
      return;
    }
    const program = await this.program(compiler, precision);
    const batchSize = this.batchOf(program);
    for (let first = 0; first < count; first += batchSize) {
      signal?.throwIfAborted();
      const end = Math.min(count, first + batchSize);
      await work(program, first, end);
      onProgress?.(end, count);
      await nextTurn();
    }
  }

  /** The draws of the noise that a measurement takes: one where there is none, since the others would be equal. */
  drawsOf({ draws = 1 }: MeasurementOptions): number {
    requireWhole('draws', draws, 1);
    return this.model.values.bits === undefined ? 1 : draws;
  }

  /** Runs `work` once for every draw of the noise, with how to measure it. */
  async forEachDraw(
    compiler: Compiler,
    images: ImageSet,
    options: RunOptions & MeasurementOptions,
    work: (program: ImageProgram, how: Measurement) => Promise<void>,
  ): Promise<void> {
    const draws = this.drawsOf(options);
    const {
      seed = 0,
      noiseByContent = false,
      ranks = onlyRank,
      precision = this.precision,
      draws: _,
      ...following
    } = options;
    requireWhole('seed', seed, 0);
    const condition = componentReader(this.model, images.conditions, {
      imageShape: images.imageShape,
      what: 'these images',
    });
    await stopIfAborted(ranks, following.signal);
    const program = await this.program(compiler, precision);
    const batchSize = Math.max(1, Math.min(this.batchOf(program), images.count));
    const { dequantiser, values } = this.model;
    for (let draw = 0; draw < draws; draw++) {
      await stopIfAborted(ranks, following.signal);
      const { signal, onProgress } = partOfWork(following, {
        before: draw * images.count,
        of: draws * images.count,
      });
      const how = { batchSize, values, dequantiser, seed, draw, noiseByContent, ranks, condition };
      await work(program, {
        ...how,
        // One of several ranks must not leave alone: the others would wait for it.
        ...(ranks.size === 1 && { signal }),
        onProgress,
      });
    }
  }

  /** Frees the programs; they are recompiled if they are used again. */
  async release(): Promise<void> {
    const programs = Object.values(this.programs).flatMap((known) => [...known.values()]);
    for (const known of Object.values(this.programs)) {
      known.clear();
    }
    // A program that failed to compile has nothing to free, and its caller got the error.
    const compiled = await Promise.allSettled(programs);
    await Promise.all(compiled.map((one) => (one.status === 'fulfilled' ? one.value.release() : undefined)));
  }

  /** The program of this kind, compiled once; after a failed compilation the next call tries again. */
  private program(compiler: Compiler, precision: Precision): Promise<ImageProgram> {
    const programs = this.programs[precision];
    const known = programs.get(compiler);
    if (known) {
      return known;
    }
    const program = compiler(this.trained, { ...this.options, precision });
    programs.set(compiler, program);
    program.catch(() => {
      if (programs.get(compiler) === program) {
        programs.delete(compiler);
      }
    });
    return program;
  }

  /**
   * The most images per run of a program: `batchSize`, or fewer if their memory is not available.
   *
   * @throws UserError (`out-of-memory`) if a single image does not fit
   */
  private batchOf(program: ImageProgram): number {
    const { imageShape } = this.model;
    return imagesPerRun(program, { most: this.batchSize, imageShape });
  }
}

/** Stops all ranks if the signal of one is aborted: that one with its reason. */
async function stopIfAborted(ranks: Ranks, signal: AbortSignal | undefined): Promise<void> {
  const stops = await isOnAny(ranks, signal?.aborted === true);
  signal?.throwIfAborted();
  if (stops) {
    throw new DOMException('another rank has stopped the measurement', 'AbortError');
  }
}
