// A model, not a measurement, of how long a training takes on several machines: their steps, and the sums between them.
import { PIECE_BYTES } from '../../src/cluster/exchanges.node.ts';
import type { Preset } from '../../src/experiments/presets.ts';
import { resolveConfig } from '../../src/experiments/resolve.ts';
import { countParameters } from '../../src/models/flowRegistry.ts';
import { hoursOf, type PaperRate } from './paperRates.ts';

/** What connects the machines. */
export interface Network {
  readonly gigabitsPerSecond: number;
  /** Seconds from the start of a message to its arrival, without its bytes. */
  readonly latency: number;
}

/** One machine. */
export interface Machine {
  /** How many times as fast as the one whose rates were measured. */
  readonly speed: number;
  /** The seconds of an update of the weights, of each parameter; measured. */
  readonly updateSeconds: number;
  /** The bytes of an array that two ranks of one machine sum in a second, without a network. */
  readonly sumBytesPerSecond: number;
}

/** What the model takes for a training, from its preset and a measured rate. */
export interface ClusterTraining {
  readonly preset: string;
  readonly parameters: number;
  /** Images of a step. */
  readonly batch: number;
  /** Hours of one machine at the measured rate, and so the number of steps. */
  readonly hours: number;
  readonly rate: PaperRate;
}

/** The training of a preset of the paper. */
export function clusterTraining(preset: Preset, trainingImages: number, rate: PaperRate): ClusterTraining {
  const { model, training } = resolveConfig({ preset: preset.name });
  return {
    preset: preset.name,
    parameters: countParameters(preset.imageShape, model),
    batch: training.batchSize,
    hours: hoursOf(preset, trainingImages, rate),
    rate,
  };
}

/**
 * The seconds of a sum of bytes over n machines by a ring: every machine sends 2(n−1)/n of them, as does Rabenseifner's
 * algorithm, in 2(n−1) messages for each piece, and adds half of what it receives.
 */
export function sumSeconds(bytes: number, machines: number, network: Network, machine: Machine): number {
  if (machines === 1) {
    return 0;
  }
  const share = (machines - 1) / machines;
  const pieces = Math.ceil(bytes / (machines * PIECE_BYTES));
  return (
    2 * (machines - 1) * pieces * network.latency +
    (2 * share * bytes) / ((network.gigabitsPerSecond * 1e9) / 8) +
    (2 * share * bytes) / machine.sumBytesPerSecond
  );
}

/**
 * The seconds of a step on n machines: each computes its share of the batch at the measured rate, and sums all gradients.
 * The rate is that of whole steps, each with an update: for larger shares, the updates that this counts too often are left
 * in, as in the table of the paper; for smaller ones, what is missing is added.
 */
export function stepSeconds(
  { parameters, batch, rate }: ClusterTraining,
  machines: number,
  network: Network,
  machine: Machine,
): number {
  const images = batch / machines;
  const missing = Math.max(0, 1 - images / rate.batch) * parameters * machine.updateSeconds;
  const own = (images / rate.imagesPerSecond + missing) / machine.speed;
  return own + sumSeconds(4 * parameters, machines, network, machine);
}

/** The hours of all steps on n machines. */
export function clusterHours(
  training: ClusterTraining,
  machines: number,
  network: Network,
  machine: Machine,
): number {
  const steps = (3600 * training.hours * training.rate.imagesPerSecond) / training.batch;
  return (steps * stepSeconds(training, machines, network, machine)) / 3600;
}
