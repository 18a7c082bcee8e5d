// The work of a study: searches rates, trains every seed, times steps and samples, then measures test images once, and reports.
import { UserError } from '../../core/errors.ts';
import { median } from '../../core/numeric/index.ts';
import type { Dataset } from '../../data/contract/index.ts';
import { exists, pathIn, readText } from '../../data/files/index.node.ts';
import { parseJsonObject } from '../../data/files/index.ts';
import { type DatasetIdentity, identityOfDataset } from '../../data/index.ts';
import { countParameters, type ResultUnit, resultUnit } from '../../flows/models/index.ts';
import { FlowModel } from '../../model/index.ts';
import { loadRun } from '../../model/loading/loadRun.ts';
import { evaluate, evaluationRecord, storedEvaluation } from '../../model/measure/index.ts';
import { changedSplit } from '../../runs/contents/stored.ts';
import { folderStore } from '../../runs/folder/folderStore.ts';
import { runPaths } from '../../runs/folder/index.ts';
import type { Config } from '../../runs/settings/index.ts';
import { releaseAfter } from '../../tensor/engine/index.ts';
import { writeRunCard } from '../reports/runCard.ts';
import { isTested, TEST } from '../reports/trainRun.ts';
import { compareVariants, type MeasuredDataset, type MeasuredSeed, type MeasuredVariant } from './compare.ts';
import { type Study, studyConfig } from './definition.ts';
import type { StudiedDataset, StudiedVariant } from './images.ts';
import { type BestRate, bestRate, type TriedRate } from './rateSearch.ts';
import { type StudyReport, writeReport } from './report.ts';
import { type SamplingTime, timeSamples, timeSteps } from './times.ts';
import {
  extendRecord,
  readOutcome,
  readRecord,
  type StudyEngine,
  type StudyTraining,
  trainingFolder,
  trainingState,
  trainToEnd,
  writeJson,
} from './training.ts';
import { listWarnings } from './warnings.ts';

/** Callbacks during a study. */
export interface StudyEvents {
  /** Before each training that isn't done: what is trained, in one line. */
  onTraining?(text: string): void;
  /** Decisions, each in a line: a grid that grew, a training that diverged. */
  onNote?(text: string): void;
  /**
   * Progress of a phase, in steps, rounds or images. The total of the training grows if a grid of learning rates does.
   */
  onProgress?(phase: 'training' | 'timing' | 'testing', done: number, total: number): void;
}

const TIMES_FILE = 'times.json';

/** A variant on a dataset, and the learning rate of its trainings. */
interface Contender {
  readonly dataset: StudiedDataset;
  readonly variant: StudiedVariant;
  readonly tried: readonly TriedRate[];
  /** Null if training diverged at every rate that was searched. */
  readonly rate: number | null;
  /** Why the rate is not inside those tried. */
  readonly problem: string | null;
  /** In the order of the study's seeds; empty without a rate. */
  readonly trainings: readonly StudyTraining[];
}

/** The times of a dataset's variants by name. */
interface StudyTimes {
  /** The configurations that were timed, by variant; missing in files of earlier versions. */
  readonly configs?: Readonly<Record<string, Config>>;
  readonly secondsPerStep: Readonly<Record<string, number>>;
  readonly sampling: Readonly<Record<string, SamplingTime>>;
}

/** Does the work of a study that isn't done yet. */
export class StudyWork {
  private readonly study: Study;
  private readonly datasets: readonly StudiedDataset[];
  private readonly folder: string;
  private readonly engine: StudyEngine;
  private readonly events: StudyEvents;
  private readonly identities = new Map<Dataset, DatasetIdentity>();
  /** Steps of all trainings, and those done. */
  private total: number;
  private done = 0;

  constructor(
    study: Study,
    datasets: readonly StudiedDataset[],
    folder: string,
    engine: StudyEngine,
    events: StudyEvents,
  ) {
    this.study = study;
    this.datasets = datasets;
    this.folder = folder;
    this.engine = engine;
    this.events = events;
    const searches = (study.rates?.length ?? 0) * study.search.seeds.length;
    this.total = datasets.reduce(
      (sum, { steps, searchSteps }) =>
        sum + study.variants.length * (searches * searchSteps + study.seeds.length * steps),
      0,
    );
  }

  /** All of it, and the report. */
  async report(): Promise<StudyReport> {
    const { study, datasets, folder } = this;
    const contenders: Contender[] = [];
    for (const dataset of datasets) {
      for (const variant of dataset.variants) {
        contenders.push(await this.enter(dataset, variant));
      }
    }
    // Seed by seed, so that what is done when a study stops is balanced.
    for (const index of study.seeds.keys()) {
      for (const { dataset, trainings } of contenders) {
        await this.train(trainings[index], dataset, dataset.steps);
      }
    }
    const contendersByDataset = datasets.map((dataset) =>
      contenders.filter((contender) => contender.dataset === dataset),
    );
    const timesByDataset: StudyTimes[] = [];
    for (const [index, dataset] of datasets.entries()) {
      timesByDataset.push(await this.time(dataset, contendersByDataset[index]!));
    }
    await this.test(contenders);
    const unit = resultUnit(datasets[0]!.variants[0]!.config.model);
    const measured: MeasuredDataset[] = [];
    for (const [index, dataset] of datasets.entries()) {
      const variants = [];
      for (const contender of contendersByDataset[index]!) {
        variants.push(await this.measured(contender, timesByDataset[index]!, unit));
      }
      const { name, source, split, images, steps, searchSteps } = dataset;
      const counts = { images: images[split].count, steps, searchSteps };
      measured.push({ dataset: name, source, split, ...counts, variants });
    }
    const results = compareVariants(measured);
    const edges = contenders.flatMap(({ dataset, variant, problem }) =>
      problem === null ? [] : [`${variant.name} on ${dataset.name}: ${problem}.`],
    );
    return writeReport(folder, {
      title: study.title,
      unit: unit.name,
      study: study.definition,
      searchSeeds: study.rates === null ? [] : study.search.seeds,
      datasets: results,
      warnings: [...edges, ...listWarnings(study, datasets, results)],
    });
  }

  /** What was measured of a variant, in a unit. */
  private async measured(
    { dataset, variant: { name, config }, tried, rate, trainings }: Contender,
    { secondsPerStep, sampling }: StudyTimes,
    unit: ResultUnit,
  ): Promise<MeasuredVariant> {
    const { rates, seeds } = this.study;
    const results = [];
    for (const [index, seed] of seeds.entries()) {
      results.push(await measuredSeed(seed, trainings[index], unit));
    }
    return {
      variant: name,
      parameters: countParameters(dataset.images.imageShape, config.model),
      learningRate: rates === null ? config.training.learningRate : rate,
      tried: tried.map(({ rate, values }) => ({
        rate,
        values: values.map((value) => (value === null ? null : unit.of(value))),
      })),
      secondsPerStep: secondsPerStep[name] ?? null,
      sampling: sampling[name] ?? null,
      seeds: results,
    };
  }

  /** Finds the learning rate of a variant, if it is searched, and lists its trainings. */
  private async enter(dataset: StudiedDataset, variant: StudiedVariant): Promise<Contender> {
    const { rates, seeds, search } = this.study;
    const tried: TriedRate[] = [];
    const pending = [...(rates ?? [])];
    let best: BestRate = { rate: null, next: null, problem: null };
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      tried.push({ rate: next, values: await this.tryRate(dataset, variant, next) });
      if (pending.length > 0) {
        continue;
      }
      best = bestRate(tried, rates!.length);
      if (best.next !== null) {
        pending.push(best.next);
        this.total += search.seeds.length * dataset.searchSteps;
        const training = this.training(dataset, variant, {
          seed: search.seeds[0]!,
          rate: best.next,
          isSearch: true,
        });
        if (readRecord(training) === undefined) {
          this.events.onNote?.(
            `${variant.name} on ${dataset.name}: the best rate, ${best.rate}, is at the edge of those tried; trying ${best.next} too`,
          );
        }
      }
    }
    const { rate, problem } = best;
    const hasRate = rates === null || rate !== null;
    const trainings = seeds.map((seed) => this.training(dataset, variant, { seed, rate: rate ?? undefined }));
    return { dataset, variant, tried, rate, problem, trainings: hasRate ? trainings : [] };
  }

  /** bits/dim of validation images for each seed of the search. */
  private async tryRate(
    dataset: StudiedDataset,
    variant: StudiedVariant,
    rate: number,
  ): Promise<(number | null)[]> {
    const values = [];
    for (const seed of this.study.search.seeds) {
      const training = this.training(dataset, variant, { seed, rate, isSearch: true });
      await this.train(training, dataset, training.steps);
      const value =
        trainingState(training) === 'failed'
          ? undefined
          : (await readOutcome(training)).curve.at(-1)?.bitsPerDim;
      values.push(value !== undefined && Number.isFinite(value) ? value : null);
    }
    return values;
  }

  private training(
    dataset: StudiedDataset,
    variant: StudiedVariant,
    { seed, rate, isSearch = false }: { seed: number; rate?: number | undefined; isSearch?: boolean },
  ): StudyTraining {
    const steps = isSearch ? dataset.searchSteps : dataset.steps;
    return {
      folder: trainingFolder(this.folder, dataset.name, variant.name, { seed, ...(isSearch && { rate }) }),
      config: studyConfig(this.study, variant, { dataset, seed, rate, ...(isSearch && { steps }) }),
      steps,
      isSearch,
      name: `${variant.name} on ${dataset.name}, seed ${seed}${rate === undefined ? '' : `, rate ${rate}`}`,
    };
  }

  /** Trains to the end unless that is done, or there is nothing to train. */
  private async train(
    training: StudyTraining | undefined,
    { images }: StudiedDataset,
    steps: number,
  ): Promise<void> {
    const { signal } = this.engine;
    const { done } = this;
    const state = training && trainingState(training);
    if (training && state === 'trained') {
      await this.requireSameImages(training, images);
    }
    if (training && state === 'open') {
      signal?.throwIfAborted();
      this.events.onTraining?.(`${training.isSearch ? 'trying' : 'training'} ${training.name}`);
      const hasEnded = await trainToEnd(training, images, this.engine, (step) => this.progress(done + step));
      if (!hasEnded) {
        signal?.throwIfAborted();
        throw new UserError(
          'not-ready',
          `${training.folder}: the training ended before its last step; resume the study`,
        );
      }
      const { failure } = readRecord(training) ?? {};
      if (failure !== undefined) {
        this.events.onNote?.(`${training.name}: ${failure}`);
      }
      this.progress(done + steps);
    } else {
      // Not reported: it took no time, and rates of progress would count it.
      this.done = done + steps;
    }
  }

  /** Refuses a finished training on images that have changed since; a resumed one is checked as any run. */
  private async requireSameImages({ folder }: StudyTraining, images: Dataset): Promise<void> {
    const identity = this.identities.get(images) ?? (await identityOfDataset(images));
    this.identities.set(images, identity);
    const recorded = await folderStore(runPaths(folder)).readImages();
    const difference = recorded && changedSplit(recorded, identity);
    if (difference !== undefined) {
      throw new UserError(
        'mismatch',
        `${images.name}: ${difference} (${folder}/data.json): restore them, or study these in another folder`,
      );
    }
  }

  private progress(done: number): void {
    this.done = done;
    this.events.onProgress?.('training', done, this.total);
  }

  /** Times the variants that have a trained model, unless these were timed before. */
  private async time(dataset: StudiedDataset, contenders: readonly Contender[]): Promise<StudyTimes> {
    const { engine, events } = this;
    const timed = contenders.flatMap(({ variant, trainings }) => {
      const training = trainings.find((each) => trainingState(each) === 'trained');
      // The first seed's configuration, even if that training fails later: a resumed study must keep its times.
      return training ? [{ variant, training, config: trainings[0]!.config }] : [];
    });
    const byName = <Value>(values: readonly Value[]): Record<string, Value> =>
      Object.fromEntries(values.map((value, index) => [timed[index]!.variant.name, value]));
    const file = pathIn(this.folder, dataset.name, TIMES_FILE);
    const stored = exists(file)
      ? (parseJsonObject(readText(file), file, '; delete it') as unknown as StudyTimes)
      : undefined;
    const isTimed = ({ variant, config }: (typeof timed)[0]): boolean =>
      JSON.stringify(stored?.configs?.[variant.name]) === JSON.stringify(config);
    if (stored !== undefined && timed.every(isTimed)) {
      return stored;
    }
    const expected = [];
    for (const { training } of timed) {
      expected.push(median((await readOutcome(training)).stepSeconds));
    }
    const onRound = (done: number, total: number): void => events.onProgress?.('timing', done, total);
    const steps = await timeSteps(
      timed.map(({ config }) => config),
      dataset.images,
      expected,
      engine,
      onRound,
    );
    const samples = await timeSamples(
      timed.map(({ training }) => training.folder),
      engine,
    );
    const measured: StudyTimes = {
      configs: byName(timed.map(({ config }) => config)),
      secondsPerStep: byName(steps),
      sampling: byName(samples),
    };
    writeJson(file, measured, 2);
    return measured;
  }

  /** Measures each trained model on test images, once. */
  private async test(contenders: readonly Contender[]): Promise<void> {
    const { signal } = this.engine;
    const waiting = contenders.flatMap(({ dataset, trainings }) =>
      trainings
        .filter(
          (training) => trainingState(training) === 'trained' && readRecord(training)?.perImage === undefined,
        )
        .map((training) => ({ training, images: dataset.images[dataset.split], split: dataset.split })),
    );
    const total = waiting.reduce((sum, { images }) => sum + images.count, 0);
    let before = 0;
    for (const { training, images, split } of waiting) {
      signal?.throwIfAborted();
      const run = await loadRun(training.folder);
      const evaluation = await releaseAfter((keep) =>
        evaluate(keep(new FlowModel(run, this.engine)), images, {
          ...TEST,
          ...(signal && { signal }),
          onProgress: (done, of) =>
            this.events.onProgress?.('testing', before + (images.count * done) / of, total),
        }),
      );
      before += images.count;
      const broken = evaluation.perImage.filter((value) => !Number.isFinite(value)).length;
      if (broken > 0) {
        const failure = `${broken} of ${images.count} ${split} images have values that are not finite`;
        this.events.onNote?.(`${training.name}: ${failure}`);
        extendRecord(training, { failure });
        continue;
      }
      const record = evaluationRecord(evaluation, { split, weights: 'average', model: run.model.options });
      const { step, paths } = run;
      const store = folderStore(paths);
      // A study killed after the test may already have recorded it, with other threads perhaps.
      if (!isTested(await store.readSummary(), step)) {
        await store.appendEvaluation({ step, seed: TEST.seed, ...storedEvaluation(record) });
      }
      await writeRunCard(paths, run);
      extendRecord(training, { perImage: Array.from(evaluation.perImage) });
    }
  }
}

/** What a training measured, in a unit. */
async function measuredSeed(
  seed: number,
  training: StudyTraining | undefined,
  unit: ResultUnit,
): Promise<MeasuredSeed> {
  const { perImage, failure = 'training diverged at every rate' } = (training && readRecord(training)) ?? {};
  if (training === undefined || perImage === undefined) {
    return { seed, curve: [], droppedSteps: 0, rollbacks: 0, failure };
  }
  const { curve, droppedSteps, rollbacks, place } = await readOutcome(training);
  return {
    seed,
    place,
    perImage: perImage.map((bits) => unit.of(bits)),
    curve: curve.map(({ step, bitsPerDim }) => ({ step, bitsPerDim: unit.of(bitsPerDim) })),
    droppedSteps,
    rollbacks,
  };
}
