// The steps of a training: gradients of a batch, and the update of the weights.
import type { CompileOptions } from '../../engine/program.ts';
import { releaseOnFailure } from '../../engine/resources.ts';
import type { Glow } from '../../models/glow.ts';
import type { ActivationChoice } from '../gradients/gradientPlan.ts';
import type { GradientProgram } from '../gradients/gradientProgram.ts';
import { addInPlace, normOf, scaleInPlace } from '../gradients/gradientSum.ts';
import { planSharedGradients, type SharedPlan } from '../gradients/sharedGradients.ts';
import { type Batch, partOf } from '../likelihood.ts';
import { type Groups, ParameterLayout } from '../parameterLayout.ts';
import type { TrainingStart, TrainingState } from '../trainingState.ts';
import type { GuardState } from './guard.ts';
import { Update, type UpdateOptions } from './update.ts';

/** The gradients of a mean bits/dim, which an update goes by. */
interface Gradients {
  /** Their Euclidean norm, before they are cut. */
  readonly gradientNorm: number;
  /** The gradients by group; the next batch overwrites them. */
  readonly gradients: Groups;
}

/** What a batch tells of the weights. */
export interface BatchGradients extends Gradients {
  /** bits/dim of each image of the batch. */
  readonly bitsPerDim: Float32Array;
}

/** How a trainer is made. */
export interface TrainerOptions extends CompileOptions, UpdateOptions {
  /** Images per update. */
  readonly batchSize: number;
  /** Images per run of the program, a divisor of `batchSize`; by default all of them. */
  readonly microBatch?: number;
  /** The norm to which longer gradients are cut; by default Infinity. */
  readonly clipNorm?: number;
  /** The update, compiled before with these options, where the state stands in its memory already. */
  readonly update?: Update;
  /** What becomes of the activations of the forward pass; by default what the memory there is suggests. */
  readonly activations?: ActivationChoice | undefined;
  /** The threads that have images of their own; by default what is likely to be fastest. */
  readonly workers?: number | undefined;
}

/** The programs and the state of a training. */
export class Trainer {
  readonly layout: ParameterLayout;
  /** How many threads have images of their own, what becomes of the activations, and how much memory they take. */
  readonly plan: SharedPlan;
  private readonly options: TrainerOptions;
  private readonly gradientProgram: GradientProgram;
  private readonly weightUpdate: Update;
  private current: TrainingState;
  /** The gradients of the batch, and those of one micro-batch where there are several, in arrays that stay. */
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
    this.part = options.batchSize === microBatchOf(options) ? {} : layout.zeros();
  }

  /** Compiles the programs of a training that goes on from a copy of `state`; the update is always done by the host. */
  static async create(model: Glow, state: TrainingStart, options: TrainerOptions): Promise<Trainer> {
    const layout = new ParameterLayout(model.parameters);
    return releaseOnFailure(async (keep) => {
      const update = options.update ?? (await Update.compile(layout, options));
      const own = update.take(state);
      // Planned last: by then the state has taken its share of the memory that there is.
      const plan = planSharedGradients(model, layout, { ...options, images: microBatchOf(options) });
      const gradientProgram = keep(await plan.compile(options));
      return new Trainer(layout, options, plan, gradientProgram, update, own);
    });
  }

  get state(): TrainingState {
    return this.current;
  }

  /** One update of the weights, from one batch, with the given learning rate. */
  async step(batch: Batch, learningRate: number): Promise<BatchGradients> {
    const gradients = await this.gradientsOf(batch);
    this.update(gradients, learningRate);
    return gradients;
  }

  /** The loss of a batch and its gradients, summed in float32 over the micro-batches; changes no weight. */
  async gradientsOf(batch: Batch): Promise<BatchGradients> {
    const { batchSize } = this.options;
    const microBatch = microBatchOf(this.options);
    const bitsPerDim = new Float32Array(batchSize);
    for (let first = 0; first < batchSize; first += microBatch) {
      const target = first === 0 ? this.total : this.part;
      const part = partOf(batch, first, microBatch);
      const found = await this.gradientProgram.run(part, this.current.weights, target);
      bitsPerDim.set(found.data, first);
      if (first > 0) {
        addInPlace(this.total, this.part);
      }
    }
    return { bitsPerDim, gradientNorm: normOf(this.total), gradients: this.total };
  }

  /** Updates the weights by gradients, which are cut, where they stand, to the norm that the options name. */
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

  /** Counts a step whose gradients make no update. */
  dropStep(): void {
    this.current = { ...this.current, step: this.current.step + 1 };
  }

  /** Sets what the guard remembers. */
  remember(guard: GuardState): void {
    this.current = { ...this.current, guard };
  }

  /** Goes on from a copy of another state. */
  replace(state: TrainingStart): void {
    this.current = this.weightUpdate.take(state);
  }

  /** Frees the program of the gradients. */
  async release(): Promise<void> {
    await this.gradientProgram.release();
  }
}

function microBatchOf({ batchSize, microBatch = batchSize }: TrainerOptions): number {
  return microBatch;
}
