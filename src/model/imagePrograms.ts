// The programs of a trained model: compiled on first use, run on batches as large as memory allows.
import { UserError } from '../core/errors.ts';
import { type ImageShape, requireWhole, showImageShape } from '../core/numeric/index.ts';
import { availableBytes, nextTurn, requireMemory } from '../core/platform/index.ts';
import { isOnAny, onlyRank, type Ranks } from '../core/ranks/index.ts';
import type { ImageSet } from '../data/contract/index.ts';
import { parametersFrom } from '../flows/contract/index.ts';
import type { Flow } from '../flows/models/index.ts';
import {
  addressableOn,
  type CompileOptions,
  compilePrepared,
  defaultDevice,
  isHost,
  type Precision,
  type Program,
  peakElements,
  prepare,
  requirePlace,
} from '../tensor/engine/index.ts';
import { input, OPEN_BATCH, type ProgramDefinition, type Tensor } from '../tensor/index.ts';
import {
  type FlowModelOptions,
  type MeasurementOptions,
  partOfWork,
  type WorkOptions,
} from './flowModelOptions.ts';
import {
  asConditionInputs,
  componentReader,
  conditionInputs,
  type Measurement,
} from './likelihood/likelihood.ts';
import type { TrainedModel } from './trainedModel.ts';

/** A program over images. */
export interface ImageProgram extends Program {
  /** About how many bytes of results are alive at once for each image of a run. */
  readonly bytesPerImage: number;
}

/** How a program over images is compiled. */
export interface ImageCompileOptions extends CompileOptions {
  /**
   * Called with about how many bytes of results are alive at once for each image, before the graph is prepared, which takes long
   * for large images. If it throws, compiling fails.
   */
  onBytesPerImage?(bytes: number): void;
}

export async function compileForImages(
  definition: ProgramDefinition,
  { onBytesPerImage, ...options }: ImageCompileOptions,
): Promise<ImageProgram> {
  const bytesIn = (graph: ProgramDefinition): number =>
    (options.precision === 'float64' ? 8 : 4) * peakElements(graph);
  onBytesPerImage?.(bytesIn(definition));
  const prepared = prepare(definition, options);
  return Object.assign(await compilePrepared(prepared, options), { bytesPerImage: bytesIn(prepared) });
}

/**
 * The most images per run of a program: `most`, or fewer if their memory is not available.
 *
 * @throws UserError (`out-of-memory`) if a single image does not fit
 */
export function imagesPerRun(
  { bytesPerImage, device }: Pick<ImageProgram, 'bytesPerImage' | 'device'>,
  { most: limit, imageShape }: { readonly most: number; readonly imageShape: ImageShape },
): number {
  if (!isHost(device)) {
    // The memory of other devices is unknown.
    return limit;
  }
  const available = addressableOn(device, availableBytes());
  const subject = `the activations of an image of ${showImageShape(imageShape)}`;
  requireMemory(subject, bytesOfRun(bytesPerImage), 'use a smaller model, or smaller images', available);
  return Math.max(1, Math.min(limit, Math.floor((SHARE * available) / bytesPerImage)));
}

/** From this size on, memory is announced before it is taken. */
export const LARGE_BYTES = 2 ** 30;

/** The share of available memory that results may take: the runtime holds about twice what is alive. */
const SHARE = 0.4;

/** About how many bytes a run takes in all if its results take `results` bytes. */
export function bytesOfRun(results: number): number {
  return results / SHARE;
}

/** What a program of images starts from. */
interface ImageInputs {
  readonly image: Tensor;
  readonly noise: Tensor;
  readonly tensors: ReturnType<typeof parametersFrom>;
  readonly condition: ReturnType<typeof conditionInputs>;
}

/** Compiles a program of `image`, `noise` and what the images are conditioned on, if anything. */
export function compileOfImages(
  { model, parameters }: TrainedModel,
  options: ImageCompileOptions,
  outputsOf: (inputs: ImageInputs) => Readonly<Record<string, Tensor>>,
): Promise<ImageProgram> {
  const shape = [OPEN_BATCH, ...model.imageShape];
  const [image, noise] = [input('image', shape), input('noise', shape)];
  const condition = conditionInputs(model, OPEN_BATCH);
  const outputs = outputsOf({ image, noise, tensors: parametersFrom(parameters), condition });
  return compileForImages({ inputs: { image, noise, ...asConditionInputs(condition) }, outputs }, options);
}

/** Compiles one kind of program of a model. */
export type Compiler = (trained: TrainedModel, options: ImageCompileOptions) => Promise<ImageProgram>;

/** How one kind of program is run. */
interface RunOptions extends WorkOptions {
  /** By default the model's. */
  readonly precision?: Precision | undefined;
}

/** The programs of a model. */
export class ImagePrograms {
  /** The model, without weights. */
  readonly model: Flow;
  /** The default precision of their computations. */
  readonly precision: Precision;
  private readonly trained: TrainedModel;
  private readonly options: ImageCompileOptions;
  private readonly batchSize: number;
  private readonly programs: Readonly<Record<Precision, Map<Compiler, Promise<ImageProgram>>>> = {
    float32: new Map(),
    float64: new Map(),
  };
  private readonly running = new Set<Promise<void>>();
  private isReleased = false;

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
  inBatches(
    count: number,
    compiler: Compiler,
    { precision = this.precision, signal, onProgress }: RunOptions,
    work: (program: ImageProgram, first: number, end: number) => Promise<void>,
  ): Promise<void> {
    return this.whileOpen(async () => {
      signal?.throwIfAborted();
      if (count === 0) {
        return;
      }
      const program = await this.program(compiler, precision);
      const batchSize = this.batchLimit(program);
      for (let first = 0; first < count; first += batchSize) {
        signal?.throwIfAborted();
        const end = Math.min(count, first + batchSize);
        await work(program, first, end);
        onProgress?.(end, count);
        await nextTurn();
      }
    });
  }

  /** The draws of the noise that a measurement takes: one where there is none, since the others would be equal. */
  countDraws({ draws = 1 }: MeasurementOptions): number {
    requireWhole('draws', draws, 1);
    return this.model.values.bits === undefined ? 1 : draws;
  }

  /** Runs `work` once for every draw of the noise, with how to measure it. */
  forEachDraw(
    compiler: Compiler,
    images: ImageSet,
    options: RunOptions & MeasurementOptions,
    work: (program: ImageProgram, how: Measurement) => Promise<void>,
  ): Promise<void> {
    return this.whileOpen(async () => {
      const draws = this.countDraws(options);
      const {
        seed = 0,
        noiseByContent = false,
        ranks = onlyRank,
        precision = this.precision,
        draws: _,
        ...following
      } = options;
      requireWhole('seed', seed, 0);
      const condition = componentReader(this.model, images.conditions, 'these images');
      await stopIfAborted(ranks, following.signal);
      const program = await this.program(compiler, precision);
      const batchSize = Math.max(1, Math.min(this.batchLimit(program), images.count));
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
    });
  }

  /** Frees the programs for good, after the calls that use them: they refuse further work. */
  async release(): Promise<void> {
    this.isReleased = true;
    await Promise.allSettled(this.running);
    await this.free();
  }

  /** Frees the programs, after the calls that use them; they are recompiled if they are used again. */
  async free(): Promise<void> {
    const programs = Object.values(this.programs).flatMap((cached) => [...cached.values()]);
    for (const cached of Object.values(this.programs)) {
      cached.clear();
    }
    await Promise.allSettled(this.running);
    // A program that failed to compile has nothing to free, and its caller got the error.
    const compiled = await Promise.allSettled(programs);
    await Promise.all(
      compiled.map((result) => (result.status === 'fulfilled' ? result.value.release() : undefined)),
    );
  }

  /**
   * Does the work of a call, during which no program is freed.
   *
   * @throws UserError (`not-ready`) if the model has been released
   */
  private async whileOpen(work: () => Promise<void>): Promise<void> {
    if (this.isReleased) {
      throw new UserError(
        'not-ready',
        'this model has been released: load it again, or release it after its last use',
      );
    }
    const call = work();
    this.running.add(call);
    try {
      await call;
    } finally {
      this.running.delete(call);
    }
  }

  /** The program of this kind, compiled once; after a failed compilation the next call tries again. */
  private program(compiler: Compiler, precision: Precision): Promise<ImageProgram> {
    const programs = this.programs[precision];
    const cached = programs.get(compiler);
    if (cached) {
      return cached;
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
  private batchLimit(program: ImageProgram): number {
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
