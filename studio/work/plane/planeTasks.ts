// Tasks of the figure of a flow in two dimensions: training it, and what it does to the plane.

import { RandomStream } from 'emerging-flows';
import type { StagedFlow } from 'emerging-flows/flows';
import { constantValue } from 'emerging-flows/tensor';
import { adamw, startFromData, Trainer, type TrainingStart } from 'emerging-flows/training';
import { trainedModel } from '#model/trainedModel';
import { turns } from '../calls.ts';
import { engine, Layers, type Weights } from './layers.ts';
import { type ChosenPoint, type Look, lookAt } from './look.ts';
import { type PlaneOptions, planeFlow, pointShape } from './planeFlow.ts';

/** Points of a training step. */
const BATCH_SIZE = 256;

/** The learning rate rises for `WARM_UP` steps and is halved after `HALF` more. */
const RATE = 0.005;
const WARM_UP = 20;
const HALF = 1500;

/** Points that are shown. */
const SHOWN = 500;

/** A flow and its training. */
interface Session {
  readonly flow: StagedFlow;
  readonly layers: Layers;
  readonly start: TrainingStart;
  /** Created once the flow is shown: it takes longer than the first look. */
  trainer: Promise<Trainer> | undefined;
  points: Float32Array;
}

/** A new flow. */
interface Opening extends PlaneOptions {
  /** The points to learn, two numbers each. */
  readonly points: Float32Array;
  readonly seed: number;
}

/** The result of some steps. */
export interface Trained {
  /** The number of steps so far. */
  readonly step: number;
  /** −ln p of a point in nats, the mean over the batch, for each of the new steps. */
  readonly losses: readonly number[];
  readonly seconds: number;
}

let session: Session | undefined;

/** Tasks share the weights. */
const inTurn = turns();

/** The tasks, by name. */
export const planeTasks = {
  /** Starts with new weights. */
  open: ({ points, seed, ...options }: Opening): Promise<void> =>
    inTurn(async () => {
      await (await session?.trainer)?.release();
      await session?.layers.release();
      session = undefined;
      const flow = planeFlow(options, points);
      const start = await startFromData(flow, drawBatch(points, seed, 0), seed);
      session = { flow, layers: new Layers(flow), start, trainer: undefined, points };
    }),

  /** Continues with other points. */
  replacePoints: ({ points }: { points: Float32Array }): Promise<void> =>
    inTurn(async () => {
      opened().points = points;
    }),

  /** Trains for a time, or a number of steps. */
  train: ({
    steps,
    milliseconds,
    seed,
  }: {
    steps?: number;
    milliseconds?: number;
    seed: number;
  }): Promise<Trained> =>
    inTurn(async () => {
      const { points } = opened();
      const trainer = await openTrainer(opened());
      const begin = performance.now();
      const losses: number[] = [];
      const isDone = (): boolean =>
        steps === undefined ? performance.now() - begin >= milliseconds! : losses.length >= steps;
      while (!isDone()) {
        const { step } = trainer.progress;
        const rate = (RATE * Math.min(1, (step + 1) / WARM_UP)) / (1 + step / HALF);
        const { bitsPerDim } = await trainer.step(drawBatch(points, seed, step + 1), rate);
        losses.push(natsPerPoint(bitsPerDim));
      }
      return { step: trainer.progress.step, losses, seconds: (performance.now() - begin) / 1000 };
    }),

  /** What the flow does to the plane. */
  look: ({
    place: layerPosition,
    chosen,
  }: {
    place: number;
    chosen: ChosenPoint | undefined;
  }): Promise<Look> =>
    inTurn(async () => {
      const current = opened();
      const { layers, flow, start, trainer, points } = current;
      const { parameters } = trainedModel(flow, trainer ? await (await trainer).state() : start);
      const weights: Weights = Object.fromEntries(
        Object.entries(parameters).map(([path, tensor]) => [path, constantValue(tensor)!]),
      );
      // The places may belong to a flow with more couplings.
      const within = (position: number): number => Math.min(position, layers.count);
      const look = await lookAt(layers, weights, {
        place: within(layerPosition),
        points: points.subarray(0, 2 * SHOWN),
        chosen: chosen && { ...chosen, place: within(chosen.place) },
      });
      inTurn(async () => void (session === current && (await openTrainer(current)))).catch(() => {
        // The first step reports it.
      });
      return look;
    }),
};

/** The tasks that the page may call. */
export type PlaneTasks = typeof planeTasks;

function opened(): Session {
  if (session === undefined) {
    throw new Error('The flow is not ready: reset it.');
  }
  return session;
}

function openTrainer(current: Session): Promise<Trainer> {
  const trainer =
    current.trainer ??
    Trainer.create(current.flow, current.start, {
      ...engine,
      optimizer: adamw({ beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0 }),
      averageDecay: 0.9,
      batchSize: BATCH_SIZE,
      workers: 1,
      clipNorm: 5,
    });
  current.trainer = trainer;
  // Lets the next step, and a new flow, try again.
  trainer.catch(() => {
    current.trainer = undefined;
  });
  return trainer;
}

/** A batch drawn from the points. */
function drawBatch(points: Float32Array, seed: number, step: number) {
  const random = new RandomStream(seed, 'points', step);
  const data = new Float32Array(2 * BATCH_SIZE);
  for (let index = 0; index < BATCH_SIZE; index++) {
    const chosen = random.integer(points.length / 2);
    data.set(points.subarray(2 * chosen, 2 * chosen + 2), 2 * index);
  }
  const shape = [BATCH_SIZE, ...pointShape];
  return {
    image: { shape, data },
    noise: { shape, data: new Float32Array(data.length), dequantisation: 'none' as const },
  };
}

function natsPerPoint(bitsPerDim: Float32Array): number {
  const mean = bitsPerDim.reduce((sum, value) => sum + value, 0) / bitsPerDim.length;
  return mean * 2 * Math.LN2;
}
