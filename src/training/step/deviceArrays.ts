// The arrays of a training in the memory of a device: each kind in one vector, updated there.

import { option, phrase, UserError } from '../../core/errors.ts';
import { countElements } from '../../core/numeric/index.ts';
import { onlyRank } from '../../core/ranks/index.ts';
import type { Groups, ParameterLayout } from '../../flows/models/index.ts';
import type { TrainingStart } from '../../runs/contents/index.ts';
import { momentLayouts } from '../../runs/contents/stored.ts';
import { arrayLimits } from '../../tensor/engine/devices/providers.node.ts';
import {
  type CompileOptions,
  compile,
  compilePrepared,
  type Device,
  type DeviceArray,
  DeviceMemory,
  defaultDevice,
  inPlace,
  type Keep,
  mostArrayBytes,
  type Program,
  type ProgramArrays,
  prepare,
  releaseInTurn,
  releaseOnFailure,
} from '../../tensor/engine/index.ts';
import { input, OPEN_BATCH, type ProgramDefinition, type Tensor } from '../../tensor/index.ts';
import { add, concatenate, multiply, pad, reshape, sum } from '../../tensor/operations/index.ts';
import { averageShare, updateProgram, withAverage } from '../../tensor/optimizers/index.ts';
import type { GradientTarget } from '../gradients/gradientPlan.ts';
import {
  type ArraysOfState,
  type BatchGradients,
  microBatchSize,
  rankBatchSize,
  requireMatchingOptimizer,
  type StateArrays,
  type StateArraysOptions,
  sectionsIn,
  updateLayout,
} from './stateArrays.ts';

/** The one group of trained weights in a packed layout. */
const TRAINED = 'trained';

/** The programs and arrays of a training on a device. */
interface DeviceParts {
  /** The layout of the states that come in and go out. */
  readonly hostLayout: ParameterLayout;
  readonly layout: ParameterLayout;
  readonly options: StateArraysOptions;
  readonly memory: DeviceMemory;
  readonly programs: StepPrograms;
  /** Gradients of the batch. */
  readonly total: DeviceArray;
  /** Gradients of one micro-batch; `total` if there is only one. */
  readonly part: DeviceArray;
  /** bits/dim of every micro-batch. */
  readonly bitsPerDim: readonly DeviceArray[];
}

/** The arrays of the trained weights on a device; host arrays of the usual layout come in and go out. */
export class DeviceArrays implements StateArrays {
  readonly layout: ParameterLayout;
  readonly memory: DeviceMemory;
  readonly drawn = {};
  private readonly opened: DeviceParts;
  /** Weights, average and moments by name, and the fixed weights. */
  private readonly vectors = new Map<string, DeviceArray>();
  private fixed: Groups = {};
  /** The copy on the host, until the arrays change. */
  private copied: Promise<ArraysOfState> | undefined;

  private constructor(opened: DeviceParts) {
    this.opened = opened;
    this.layout = opened.layout;
    this.memory = opened.memory;
  }

  /**
   * Compiles the programs and allocates the arrays of the gradients; `take` allocates the others.
   *
   * @param hostLayout the layout of the states that come in and go out
   * @throws UserError (`unsupported`) if the device does not work here, or is too small for the weights
   */
  static async open(hostLayout: ParameterLayout, options: StateArraysOptions): Promise<DeviceArrays> {
    const { device = defaultDevice } = options;
    const layout = updateLayout(hostLayout, 'one vector', options.optimizer);
    const shape = layout.groupShape(TRAINED);
    const bytes = Float32Array.BYTES_PER_ELEMENT * countElements(shape);
    const byteLimit = mostArrayBytes(await arrayLimits(device));
    if (bytes > byteLimit) {
      throw new UserError(
        'unsupported',
        phrase`the ${countElements(shape)} weights of this model take ${Math.ceil(bytes / 2 ** 20)} MiB, and the device '${device}' holds at most ${Math.floor(byteLimit / 2 ** 20)} MiB in an array: use a smaller model, or ${option('device', defaultDevice)}`,
      );
    }
    const microBatch = microBatchSize(options);
    const parts = rankBatchSize(options) / microBatch;
    return releaseOnFailure(async (keep) => {
      const memory = keep(await DeviceMemory.open(device));
      const total = await memory.allocate(shape);
      const part = parts > 1 ? await memory.allocate(shape) : total;
      const bitsPerDim: DeviceArray[] = [];
      for (let index = 0; index < parts; index++) {
        bitsPerDim.push(await memory.allocate([microBatch]));
      }
      const sections = sectionsIn(layout, TRAINED, options.optimizer);
      const update = withAverage(updateProgram(options.optimizer, sections));
      const report = buildReport(countElements(shape), parts, microBatch);
      const programs = await compileStepPrograms(device, update, report, parts, keep);
      const opened = new DeviceArrays({
        hostLayout,
        layout,
        options,
        memory,
        programs,
        total,
        part,
        bitsPerDim,
      });
      if (options.optimizer.rules.some(({ decays }) => decays)) {
        const decays = layout.zeros();
        layout.markDecays(decays);
        await opened.fill('decays', decays[TRAINED]!.data as Float32Array);
      }
      return opened;
    });
  }

  get weights(): ProgramArrays {
    const fixed = this.vectors.get('fixed');
    return { [TRAINED]: this.vectors.get('weights')!, ...(fixed && { fixed }) };
  }

  get average(): ProgramArrays {
    return { [TRAINED]: this.vectors.get('average')! };
  }

  target(part: number): GradientTarget {
    return {
      bitsPerDim: this.opened.bitsPerDim[part]!,
      gradients: { [TRAINED]: part === 0 ? this.opened.total : this.opened.part },
    };
  }

  async add(part: number): Promise<void> {
    if (part > 0) {
      const { total } = this.opened;
      await this.opened.programs.add!.run({ total, part: this.opened.part }, { total });
    }
  }

  async collect(): Promise<BatchGradients> {
    const { ranks = onlyRank, batchSize } = this.opened.options;
    if (ranks.size > 1) {
      await this.sumOverRanks();
    }
    const parts = this.opened.bitsPerDim.map((array, index) => [`part${index}`, array]);
    const { report: reported } = await this.opened.programs.report.run({
      gradients: this.opened.total,
      ...Object.fromEntries(parts),
    });
    const rankBits = reported!.data.subarray(0, -1);
    const bitsPerDim = new Float32Array(batchSize);
    bitsPerDim.set(rankBits, ranks.rank * rankBits.length);
    await ranks.sum(bitsPerDim);
    return { bitsPerDim, gradientNorm: Math.sqrt(reported!.data.at(-1)!) };
  }

  async scale(factor: number): Promise<void> {
    const { total } = this.opened;
    await this.opened.programs.scale.run({ total, factor: scalar(factor) }, { total });
  }

  async update(t: number, learningRate: number): Promise<void> {
    const { optimizer, averageDecay } = this.opened.options;
    const scalars = { ...optimizer.scalars(t, learningRate), share: averageShare(t, averageDecay) };
    const feeds = Object.entries(scalars).map(([name, value]) => [name, scalar(value)]);
    this.copied = undefined;
    const vectors = Object.fromEntries(this.vectors);
    const { update } = this.opened.programs;
    const updated = Object.keys(update.outputs).map((name) => [name, vectors[name]!]);
    await update.run(
      { ...vectors, gradients: this.opened.total, ...Object.fromEntries(feeds) },
      Object.fromEntries(updated),
    );
  }

  async take(state: TrainingStart): Promise<void> {
    const { optimizer } = this.opened.options;
    requireMatchingOptimizer(optimizer, state);
    this.copied = undefined;
    const { [TRAINED]: weights, fixed } = this.packed(state.weights);
    await this.fill('weights', weights);
    await this.fill('average', this.packed(state.average)[TRAINED]);
    const hostLayouts = momentLayouts(this.opened.hostLayout, optimizer);
    for (const [moment, layout] of Object.entries(momentLayouts(this.layout, optimizer))) {
      const { [TRAINED]: shape = [0] } = layout.shapes();
      const { [TRAINED]: values } = layout.pack(
        hostLayouts[moment]!.unpack(state.optimizer?.moments[moment] ?? {}),
      );
      await this.fill(moment, values?.data as Float32Array | undefined, shape);
    }
    if (fixed) {
      await this.fill('fixed', fixed);
    }
    this.fixed = Object.fromEntries(
      Object.entries(state.weights).filter(([group]) => !this.opened.hostLayout.trained.includes(group)),
    );
  }

  read(): Promise<ArraysOfState> {
    this.copied ??= this.copyToHost().catch((error: unknown) => {
      this.copied = undefined;
      throw error;
    });
    return this.copied;
  }

  private async copyToHost(): Promise<ArraysOfState> {
    const { optimizer } = this.opened.options;
    const { name } = optimizer;
    const hostLayouts = momentLayouts(this.opened.hostLayout, optimizer);
    const moments: Record<string, Groups> = {};
    for (const [moment, layout] of Object.entries(momentLayouts(this.layout, optimizer))) {
      const vector = await this.memory.read(this.vectors.get(moment)!);
      moments[moment] = hostLayouts[moment]!.pack(layout.unpack({ [TRAINED]: vector }));
    }
    return {
      weights: { ...this.fixed, ...(await this.readVector(this.vectors.get('weights')!)) },
      average: await this.readVector(this.vectors.get('average')!),
      optimizer: { name, moments },
    };
  }

  async readBitsPerDim(part: number): Promise<Float32Array> {
    return (await this.memory.read(this.opened.bitsPerDim[part]!)).data as Float32Array;
  }

  readGradients(): Promise<Groups> {
    return this.readVector(this.opened.total);
  }

  async release(): Promise<void> {
    await releaseInTurn([...Object.values(this.opened.programs), this.memory]);
  }

  /** The gradients of all ranks, through the host: MPI does not see a device. */
  private async sumOverRanks(): Promise<void> {
    const { ranks = onlyRank } = this.opened.options;
    const { data } = await this.memory.read(this.opened.total);
    await ranks.sum(data as Float32Array);
    await this.memory.write(this.opened.total, data as Float32Array);
  }

  /** Host arrays in the layout of the device, by group. */
  private packed(groups: Groups = {}): Readonly<Record<string, Float32Array>> {
    const arrays = this.layout.pack(this.opened.hostLayout.unpack(groups));
    return Object.fromEntries(Object.entries(arrays).map(([name, { data }]) => [name, data as Float32Array]));
  }

  /** The host's arrays of a vector of the device. */
  private async readVector(vector: DeviceArray): Promise<Groups> {
    return this.opened.hostLayout.pack(this.layout.unpack({ [TRAINED]: await this.memory.read(vector) }));
  }

  /** Sets a vector; by default to zeros. */
  private async fill(name: string, data?: Float32Array, shape = this.opened.total.shape): Promise<void> {
    const values = data ?? new Float32Array(countElements(shape));
    const existing = this.vectors.get(name);
    if (existing) {
      await this.memory.write(existing, values);
    } else {
      this.vectors.set(name, await this.memory.allocate([values.length], values));
    }
  }
}

function scalar(value: number) {
  return { shape: [], data: Float32Array.of(value) };
}

/** The programs of a step, without the gradients. */
interface StepPrograms {
  /** The optimiser and the average of the weights, in place. */
  readonly update: Program;
  /** From the gradients and bits/dim of every micro-batch to the report for the host: bits/dim, then the squared norm. */
  readonly report: Program;
  /** total = total + part, and total = total·factor. */
  readonly add: Program | undefined;
  readonly scale: Program;
}

/** @param parts the micro-batches of a batch */
async function compileStepPrograms(
  device: Device,
  update: ProgramDefinition,
  report: ProgramDefinition,
  parts: number,
  keep: Keep,
): Promise<StepPrograms> {
  const engine: CompileOptions = { device, fallback: false };
  const inMemory = async (definition: ProgramDefinition): Promise<Program> => {
    const onDevice = Object.keys(definition.outputs);
    // After the preparation, which may change who reads what.
    const prepared = inPlace(prepare(definition, { device }));
    return keep(await compilePrepared(prepared, { ...engine, onDevice }));
  };
  return {
    update: await inMemory(update),
    report: keep(await compile(report, engine)),
    add: parts > 1 ? await inMemory(sumProgram()) : undefined,
    scale: await inMemory(scaleProgram()),
  };
}

function sumProgram(): ProgramDefinition {
  const [total, part] = [input('total', [OPEN_BATCH]), input('part', [OPEN_BATCH])];
  return { inputs: { total, part }, outputs: { total: add(total, part) } };
}

function scaleProgram(): ProgramDefinition {
  const [total, factor] = [input('total', [OPEN_BATCH]), input('factor', [])];
  return { inputs: { total, factor }, outputs: { total: multiply(total, factor) } };
}

/** The program that tells the host bits/dim of all images, and after them Σ g² over `length` gradients. */
function buildReport(length: number, parts: number, microBatch: number): ProgramDefinition {
  const gradients = input('gradients', [length]);
  const bitsPerDim = Array.from({ length: parts }, (_, index) => input(`part${index}`, [microBatch]));
  const inputs = Object.fromEntries(bitsPerDim.map((tensor, index) => [`part${index}`, tensor]));
  const report = concatenate([...bitsPerDim, reshape(sumOfSquares(gradients, length), [1])], 0);
  return { inputs: { gradients, ...inputs }, outputs: { report } };
}

/** The number of rows for summing a vector: one workgroup would sum a whole vector, one number after the other. */
const ROWS = 1024;

function sumOfSquares(gradients: Tensor, length: number): Tensor {
  const columns = Math.ceil(length / ROWS);
  const rows = reshape(pad(gradients, 0, 0, ROWS * columns - length), [ROWS, columns]);
  return sum(sum(multiply(rows, rows), [1]));
}
