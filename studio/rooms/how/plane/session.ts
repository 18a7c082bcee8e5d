// The state of the figure of a flow in two dimensions, and its worker.
import { signal } from '@preact/signals';
import { type Connection, takePlane } from '../../../work/connections.ts';
import type { ChosenPoint, Look } from '../../../work/plane/look.ts';
import type { PlaneOptions } from '../../../work/plane/planeFlow.ts';
import type { PlaneTasks } from '../../../work/plane/planeTasks.ts';

/** Training pauses this often to show the flow. */
const TRAINING_MS = 150;

/** −ln p during training, in nats per point. */
export interface Losses {
  /** The means of groups of steps, earliest first. */
  readonly means: readonly number[];
  /** The steps of a group. */
  readonly group: number;
}

/** What the figure shows of its flow. */
export interface PlaneState {
  /** Whether the flow is being opened. */
  readonly isStarting: boolean;
  /** Whether it trains, or will as soon as it is open. */
  readonly isTraining: boolean;
  readonly step: number;
  readonly losses: Losses;
  readonly stepsPerSecond: number | undefined;
  readonly look: Look | undefined;
  readonly problem: string | undefined;
}

const beginning: PlaneState = {
  isStarting: false,
  isTraining: false,
  step: 0,
  losses: { means: [], group: 1 },
  stepsPerSecond: undefined,
  look: undefined,
  problem: undefined,
};

/** A flow in a worker: `open` starts one, and `play`, `step` and `pause` train it. */
export class PlaneSession {
  readonly state = signal<PlaneState>(beginning);
  private readonly worker: Connection<PlaneTasks>;
  private seed = 0;
  private wanted: { place: number; chosen: ChosenPoint | undefined } = { place: 0, chosen: undefined };
  /** Changes with every `open`, so that what comes late from the flow before is dropped. */
  private flow = 0;
  /** Whether there is a flow to look at. */
  private isOpen = false;
  private isLooping = false;
  private isLooking = false;
  private isOutdated = false;
  private pending: { losses: number[] } = { losses: [] };

  constructor(worker: Connection<PlaneTasks> = takePlane()) {
    this.worker = worker;
  }

  /** Starts a flow with new weights. */
  async open(options: PlaneOptions, points: Float32Array): Promise<void> {
    const flow = ++this.flow;
    this.isOpen = false;
    this.pending = { losses: [] };
    this.state.value = { ...beginning, isStarting: true };
    await this.attempt(flow, async () => {
      await this.worker.call('open', { ...options, points, seed: this.seed });
      if (flow === this.flow) {
        this.isOpen = true;
        this.change(flow, { isStarting: false });
        this.trainOrShow();
      }
    });
  }

  /** Continues with other points. */
  async replacePoints(points: Float32Array): Promise<void> {
    await this.attempt(this.flow, async () => {
      await this.worker.call('replacePoints', { points });
      this.refresh();
    });
  }

  /** Trains until `pause`, from when the flow is open. */
  play(): void {
    this.change(this.flow, { isTraining: true });
    if (this.isOpen) {
      this.trainOrShow();
    }
  }

  /** Trains one step. */
  async step(): Promise<void> {
    const { flow } = this;
    await this.attempt(flow, async () => {
      await this.train(flow, { steps: 1 });
      await this.refresh();
    });
  }

  /** Drops the flow, its curve and its density. */
  clear(): void {
    this.flow++;
    this.isOpen = false;
    this.pending = { losses: [] };
    this.state.value = beginning;
  }

  /** Stops training. */
  pause(): void {
    this.change(this.flow, { isTraining: false });
  }

  /** Shows another place, or the way of another point. */
  show(position: number, chosen: ChosenPoint | undefined): void {
    this.wanted = { place: position, chosen };
    this.refresh();
  }

  /** The look, once there is one; undefined if there is a problem, or another flow. */
  firstLook(): Promise<Look | undefined> {
    const { flow } = this;
    return new Promise((resolve) => {
      const unsubscribe = this.state.subscribe(({ look, problem }) => {
        if (look !== undefined || problem !== undefined || flow !== this.flow) {
          resolve(look);
          queueMicrotask(() => unsubscribe());
        }
      });
    });
  }

  /** Looks at several positions of the current flow. */
  async looks(positions: readonly number[], signal: AbortSignal): Promise<Look[]> {
    const looks: Look[] = [];
    for (const position of positions) {
      signal.throwIfAborted();
      looks.push(await this.worker.call('look', { place: position, chosen: undefined }));
    }
    return looks;
  }

  /** Ends the worker. */
  end(): void {
    this.flow++;
    this.worker.end();
  }

  /** Trains the open flow while it should train, showing it now and then; otherwise shows it. */
  private async trainOrShow(): Promise<void> {
    if (!this.state.value.isTraining) {
      await this.refresh();
    }
    // Training that was paused a moment ago continues.
    if (this.isLooping) {
      return;
    }
    this.isLooping = true;
    while (this.isOpen && this.state.value.isTraining) {
      const { flow } = this;
      await this.attempt(flow, async () => {
        // The first step shows at once that it trains.
        await this.train(flow, this.state.value.step === 0 ? { steps: 1 } : { milliseconds: TRAINING_MS });
        await this.refresh();
      });
    }
    this.isLooping = false;
  }

  private async train(flow: number, amount: { steps?: number; milliseconds?: number }): Promise<void> {
    const { step, losses, seconds } = await this.worker.call('train', { ...amount, seed: this.seed });
    this.change(flow, {
      step,
      losses: withLosses(this.state.value.losses, this.pending, losses),
      ...(amount.milliseconds !== undefined && { stepsPerSecond: losses.length / seconds }),
    });
  }

  /** Asks the worker for what is wanted now, again if that changes meanwhile. */
  private async refresh(): Promise<void> {
    this.isOutdated = true;
    if (this.isLooking || !this.isOpen) {
      return;
    }
    this.isLooking = true;
    while (this.isOutdated && this.isOpen) {
      this.isOutdated = false;
      const { flow } = this;
      await this.attempt(flow, async () => {
        this.change(flow, { look: await this.worker.call('look', this.wanted) });
      });
    }
    this.isLooking = false;
  }

  private change(flow: number, changes: Partial<PlaneState>): void {
    if (flow === this.flow) {
      this.state.value = { ...this.state.value, ...changes };
    }
  }

  private async attempt(flow: number, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.change(flow, {
        isStarting: false,
        isTraining: false,
        problem: error instanceof Error ? error.message : String(error),
      });
    }
  }
}

/** A longer curve is halved. */
const MOST_MEANS = 240;

/** Adds the losses of new steps; those that don't fill a group stay in `pending`. */
function withLosses(
  { means, group }: Losses,
  pending: { losses: number[] },
  losses: readonly number[],
): Losses {
  const waiting = [...pending.losses, ...losses];
  const usedCount = waiting.length - (waiting.length % group);
  pending.losses = waiting.slice(usedCount);
  const allMeans = [...means, ...groupMeans(waiting.slice(0, usedCount), group)];
  return allMeans.length <= MOST_MEANS
    ? { means: allMeans, group }
    : { means: groupMeans(allMeans.slice(0, allMeans.length - (allMeans.length % 2)), 2), group: 2 * group };
}

function groupMeans(values: readonly number[], group: number): number[] {
  return Array.from(
    { length: values.length / group },
    (_, index) =>
      values.slice(index * group, (index + 1) * group).reduce((sum, value) => sum + value, 0) / group,
  );
}
