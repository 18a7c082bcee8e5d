// Training steps: the gradients of a batch, and the update of the weights.
import { onlyRank, type Ranks, ranksBeside } from '../../cluster/ranks.ts';
import type { CompileOptions } from '../../engine/program.ts';
import { releaseOnFailure } from '../../engine/resources.ts';
import type { Glow } from '../../models/glow.ts';
import { availableBytes } from '../../platform/machine.node.ts';
import type { ActivationChoice } from '../gradients/gradientPlan.ts';
import type { GradientProgram } from '../gradients/gradientProgram.ts';
import { addInPlace, normOf, scaleInPlace } from '../gradients/gradientSum.ts';
import { planSharedGradients, type SharedPlan } from '../gradients/sharedGradients.ts';
import { type Batch, partOf } from '../likelihood.ts';
import { type Groups, ParameterLayout } from '../parameterLayout.ts';
import type { TrainingStart, TrainingState } from '../trainingState.ts';
import type { GuardState } from './guard.ts';
import { Update, type UpdateOptions } from './update.ts';

/** The gradients of a mean bits/dim, for an update. */
interface Gradients {
  /** Their Euclidean norm, before clipping. */
  readonly gradientNorm: number;
  /** The gradients by group; overwritten by the next batch. */
  readonly gradients: Groups;
}

/** The loss and gradients of a batch. */
export interface BatchGradients extends Gradients {
  /** bits/dim of each image of the batch, on all ranks. */
  readonly bitsPerDim: Float32Array;
}

/** Options of a trainer. */
export interface TrainerOptions extends CompileOptions, UpdateOptions {
  /** Images per update, on all ranks. */
  readonly batchSize: number;
  /** Images per run of the program, a divisor of those of a rank; by default all of them. */
  readonly microBatch?: number;
  /** The processes that share each batch evenly; by default only this one. */
  readonly ranks?: Ranks;
  /** The norm to which gradients are clipped; by default Infinity. */
  readonly clipNorm?: number;
  /** The update, already compiled with these options, if the state is already in its memory. */
  readonly update?: Update;
  /** Whether the forward activations are kept or recomputed; by default depends on the available memory. */
  readonly activations?: ActivationChoice | undefined;
  /** The number of data-parallel workers; by default what is likely to be fastest. */
  readonly workers?: number | undefined;
}

/** The programs and the state of training. */
export class Trainer {
  readonly layout: ParameterLayout;
  /** The number of workers, whether activations are kept or recomputed, and how much memory this takes. */
  readonly plan: SharedPlan;
  private readonly options: TrainerOptions;
  private readonly gradientProgram: GradientProgram;
  private readonly weightUpdate: Update;
  private current: TrainingState;
  /** The gradients of the batch, and of one micro-batch if there are several, in reused arrays. */
  private readonly total: Groups;
  private readonly part: Groups;

  private constructor(
    layout: ParameterLayout,
    options: TrainerOptions,
    plan: SharedPlan,
    gradientProgram: GradientProgram,
    weightUpdate: Update,
    state: TrainingState,
  ) {
    this.layout = layout;
    this.options = options;
    this.plan = plan;
    this.gradientProgram = gradientProgram;
    this.weightUpdate = weightUpdate;
    this.current = state;
    this.total = weightUpdate.groups('gradients');
    this.part = imagesOf(options) === microBatchOf(options) ? {} : layout.zeros();
  }

  /** Compiles the programs for training from a copy of `state`; the update always runs on the host. */
  static async create(model: Glow, state: TrainingStart, options: TrainerOptions): Promise<Trainer> {
    const layout = new ParameterLayout(model.parameters);
    return releaseOnFailure(async (keep) => {
      const update = options.update ?? (await Update.compile(layout, options));
      const own = update.take(state);
      // Planned last, when the state has already taken its share of the available memory.
      const available = availableBytes() / ranksBeside(options.ranks ?? onlyRank);
      const plan = planSharedGradients(model, layout, {
        ...options,
        images: microBatchOf(options),
        available,
      });
      const gradientProgram = keep(await plan.compile(options));
      return new Trainer(layout, options, plan, gradientProgram, update, own);
    });
  }

  get state(): TrainingState {
    return this.current;
  }

  /** One update of the weights from one batch, with the given learning rate. */
  async step(batch: Batch, learningRate: number): Promise<BatchGradients> {
    const gradients = await this.gradientsOf(batch);
    this.update(gradients, learningRate);
    return gradients;
  }

  /**
   * The loss and gradients of a batch, accumulated in float32 over the micro-batches and summed over the ranks, each of
   * which passes its share of the batch; changes no weight.
   */
  async gradientsOf(batch: Batch): Promise<BatchGradients> {
    const { batchSize, ranks = onlyRank } = this.options;
    const images = imagesOf(this.options);
    const microBatch = microBatchOf(this.options);
    const bitsPerDim = new Float32Array(batchSize);
    for (let first = 0; first < images; first += microBatch) {
      const target = first === 0 ? this.total : this.part;
      const part = partOf(batch, first, microBatch);
      const found = await this.gradientProgram.run(part, this.current.weights, target);
      bitsPerDim.set(found.data, ranks.rank * images + first);
      if (first > 0) {
        addInPlace(this.total, this.part);
      }
    }
    // Zeros for the images of other ranks: their sum is exact.
    await ranks.sum(bitsPerDim);
    for (const gradients of this.weightUpdate.wholeOf('gradients')) {
      await ranks.sum(gradients);
    }
    return { bitsPerDim, gradientNorm: normOf(this.total), gradients: this.total };
  }

  /** Updates the weights by gradients, which are clipped in place to the norm set in the options. */
  update({ gradients, gradientNorm }: Gradients, learningRate: number): void {
    const { clipNorm = Number.POSITIVE_INFINITY } = this.options;
    const { step } = this.current;
    const updates = this.current.updates + 1;
    if (gradientNorm > clipNorm) {
      scaleInPlace(gradients, clipNorm / gradientNorm);
    }
    this.weightUpdate.run(gradients, updates, learningRate);
    this.current = { ...this.current, step: step + 1, updates };
  }

  /** Counts a step whose gradients are not applied. */
  dropStep(): void {
    this.current = { ...this.current, step: this.current.step + 1 };
  }

  /** Sets the guard's state. */
  remember(guard: GuardState): void {
    this.current = { ...this.current, guard };
  }

  /** Continues from a copy of another state. */
  replace(state: TrainingStart): void {
    this.current = this.weightUpdate.take(state);
  }

  /** Frees the program of the gradients. */
  async release(): Promise<void> {
    await this.gradientProgram.release();
  }
}

/** The images of this rank. */
function imagesOf({ batchSize, ranks = onlyRank }: TrainerOptions): number {
  return batchSize / ranks.size;
}

function microBatchOf(options: TrainerOptions): number {
  return options.microBatch ?? imagesOf(options);
}
