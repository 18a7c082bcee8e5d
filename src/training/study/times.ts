// The time of training steps and samples of each variant, alternating in one process: other load slows all of them equally.
import { problemText } from '../../core/errors.ts';
import { median } from '../../core/numeric/index.ts';
import type { Dataset } from '../../data/contract/index.ts';
import { memoryFiles } from '../../data/files/index.ts';
import { FlowModel, meanCondition } from '../../model/index.ts';
import { loadRun } from '../../model/loading/loadRun.ts';
import { startRun } from '../../runs/open/index.ts';
import type { Config } from '../../runs/settings/index.ts';
import { releaseAfter } from '../../tensor/engine/index.ts';
import { prepareTraining } from '../loop/trainingParts.ts';
import { measureInTurn, secondsFor } from './measureInTurn.ts';
import type { StudyEngine } from './training.ts';

/** The time to sample an image, or why it could not be measured. */
export type SamplingTime =
  | {
      /** Of an image, in a batch. */
      readonly milliseconds: number;
    }
  | {
      /** Why there is none. */
      readonly problem: string;
    };

/** The first steps compile, and touch memory for the first time. */
const WARM_UP = 3;
/** Steps of small models take some 30 ms: the median of fewer rounds moves with the load of the machine. */
const MOST_ROUNDS = 61;
const LEAST_ROUNDS = 5;
/** Rounds are fewer if they took longer than this together. */
const TIMING_SECONDS = 120;
const SAMPLES = 64;

/**
 * The typical seconds of a training step of each configuration, with its own optimiser, from the first step of a training.
 *
 * @param expected the seconds of a step of each, from their trainings
 * @param onRound called after each round
 */
export function timeSteps(
  configs: readonly Config[],
  dataset: Dataset,
  expected: readonly number[],
  { signal, activations, workers, ...engine }: StudyEngine,
  onRound: (done: number, total: number) => void,
): Promise<number[]> {
  const rounds = roundsFor(expected);
  return releaseAfter(async (keep) => {
    const steps: ((round: number) => Promise<number>)[] = [];
    for (const requested of configs) {
      const { config, store } = await startRun(requested, memoryFiles('timing'), { dataset });
      const sources = { config, dataset, store, activations, workers };
      const { trainer, batches, schedule } = await prepareTraining(sources, engine, keep);
      // Low enough to stay finite without a warm-up.
      const rate = 0.01 * schedule.learningRate;
      steps.push((step) =>
        secondsFor(async () => {
          await trainer.step(batches.at(step), rate);
          // A GPU has only queued the update: a read waits for it.
          await trainer.arrays.readBitsPerDim(0);
        }),
      );
    }
    const seconds = await measureInTurn(steps, {
      ...{ warmUp: WARM_UP, rounds, signal },
      onRound: (done) => onRound(done, WARM_UP + rounds),
    });
    return typicalTimes(seconds);
  });
}

/**
 * The median of the first, and of each other that times the median over rounds of its ratio to the first: load that changes
 * between rounds cancels.
 */
function typicalTimes(rounds: readonly (readonly number[])[]): number[] {
  const [first = []] = rounds;
  return rounds.map(
    (roundTimes) => median(first) * median(roundTimes.map((time, round) => time / first[round]!)),
  );
}

/** How many rounds are measured, by the seconds of each part of a round. */
function roundsFor(expected: readonly number[]): number {
  const round = expected.reduce((sum, seconds) => sum + seconds, 0);
  return Math.max(LEAST_ROUNDS, Math.min(MOST_ROUNDS, Math.floor(TIMING_SECONDS / round)));
}

/** The typical milliseconds per image of samples of trained runs, in batches of 64. */
export function timeSamples(
  folders: readonly string[],
  { signal, activations: _, workers: __, ...engine }: StudyEngine,
): Promise<SamplingTime[]> {
  return releaseAfter(async (keep) => {
    const models = await Promise.all(
      folders.map(async (folder) => keep(new FlowModel(await loadRun(folder), engine))),
    );
    const draw = (model: FlowModel, seed: number): Promise<unknown> =>
      model.sample({
        count: SAMPLES,
        seed,
        temperature: 1,
        condition: meanCondition(model.model),
        onOverflow: () => {},
      });
    const problems: (string | undefined)[] = models.map(() => undefined);
    /** NaN if it fails: the inverse of a user's own layer may do anything. */
    const drawTime = async (index: number, seed: number): Promise<number> => {
      try {
        return problems[index] === undefined
          ? await secondsFor(() => draw(models[index]!, seed))
          : Number.NaN;
      } catch (error) {
        problems[index] = problemText(error);
        return Number.NaN;
      }
    };
    const expected: number[] = [];
    for (const index of models.keys()) {
      signal?.throwIfAborted();
      // The first compiles.
      await drawTime(index, 0);
      expected.push(await drawTime(index, 0));
    }
    const seconds = await measureInTurn(
      models.map((_, index) => (seed) => drawTime(index, seed)),
      { warmUp: 1, rounds: roundsFor(expected.filter(Number.isFinite)), signal },
    );
    const typical = typicalTimes(seconds.filter((_, index) => problems[index] === undefined));
    return problems.map((problem) =>
      problem === undefined ? { milliseconds: (1000 * typical.shift()!) / SAMPLES } : { problem },
    );
  });
}
