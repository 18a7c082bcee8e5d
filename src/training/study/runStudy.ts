// Runs a study: searches rates, trains every seed, times steps and samples, then measures test images once, and reports.
import { UserError } from '../../core/errors.ts';
import { median, requireArgument } from '../../core/numeric/index.ts';
import { exists, readText } from '../../data/files/files.ts';
import { makeFolders, pathIn, requireNewFolder } from '../../data/files/folders.ts';
import { parseJsonObject } from '../../data/files/jsonText.ts';
import { countParameters, type ResultUnit, unitOf } from '../../flows/models/index.ts';
import { FlowModel } from '../../model/index.ts';
import { loadRun } from '../../model/loading/loadRun.ts';
import { evaluate } from '../../model/measure/evaluate.ts';
import { evaluationRecord, storedEvaluation } from '../../model/measure/evaluationRecord.ts';
import { folderStore } from '../../runs/folder/folderStore.ts';
import { releaseAfter } from '../../tensor/engine/index.ts';
import { writeRunCard } from '../reports/runCard.ts';
import { compareVariants, type MeasuredDataset, type MeasuredSeed } from './compare.ts';
import { parseStudy, type Study, type StudyDefinition, studyConfig } from './definition.ts';
import { openStudied, type StudiedDataset, type StudiedVariant } from './images.ts';
import { type BestRate, bestRate, type TriedRate } from './rateSearch.ts';
import { type StudyReport, writeReport } from './report.ts';
import { type SamplingTime, timeSamples, timeSteps } from './times.ts';
import {
  extendRecord,
  readOutcome,
  readRecord,
  type StudyEngine,
  type StudyTraining,
  stateOf,
  trainingFolder,
  trainToEnd,
  writeJson,
} from './training.ts';
import { listWarnings } from './warnings.ts';

/** Callbacks during a study. */
export interface StudyEvents {
  /** Before each training that isn't done: what is trained, in one line. */
  onTraining?(text: string): void;
  /** What was decided along the way, in one line: a grid that grows, a training that diverged. */
  onNote?(text: string): void;
  /**
   * Progress of a phase, in steps, rounds or images. The total of the training grows if a grid of learning rates does.
   */
  onProgress?(phase: 'training' | 'timing' | 'testing', done: number, total: number): void;
}

/** How a study is run. */
export interface StudyOptions extends StudyEngine {
  /** Whether the folder's study continues: finished trainings are kept; a stopped one resumes. Default false. */
  readonly resume?: boolean | undefined;
  /** Callbacks during the study. */
  readonly events?: StudyEvents | undefined;
}

/** The file that marks the folder of a study. */
const STUDY_FILE = 'study.json';
const TIMES_FILE = 'times.json';
/** The draws of the noise of each test image, as `train` takes. */
const TEST = { draws: 2, seed: 0 };

/**
 * Runs a study in a folder and writes its report there: `report.md`, `report.json`, `report.csv` and plots. Learning rates
 * are chosen on validation images; test images are measured once, after every training. The signal stops it after the
 * current step; with `resume`, the same call continues, and its trainings are the same as without the stop.
 *
 * @returns the report; null if the signal stopped the study
 * @throws UserError if the definition is wrong, the images don't fit, or the folder holds a study and `resume` isn't set
 * @example
 * ```ts
 * import { runStudy } from 'emerging-flows/training';
 *
 * const report = await runStudy(
 *   {
 *     base: { preset: 'mnist-quickstart', training: { steps: 400, warmupSteps: 40 } },
 *     seeds: [0, 1, 2],
 *     grid: { 'model.mixing': ['1x1', 'emerging'] },
 *   },
 *   'studies/mixings',
 * );
 * ```
 */
export async function runStudy(
  definition: StudyDefinition,
  folder: string,
  options: StudyOptions = {},
): Promise<StudyReport | null> {
  requireArgument(
    typeof folder === 'string' && folder !== '',
    "runStudy needs a folder, such as 'studies/mixings'",
  );
  const study = parseStudy(definition);
  const datasets: StudiedDataset[] = [];
  for (const dataset of study.datasets) {
    datasets.push(await openStudied(study, dataset));
  }
  openFolder(folder, study, options.resume ?? false);
  const { signal } = options;
  try {
    return await new StudyWork(study, datasets, folder, options).report();
  } catch (error) {
    if (signal?.aborted && error === signal.reason) {
      return null;
    }
    throw error;
  }
}

/** Creates the folder, or checks that it is that of a study to continue. */
function openFolder(folder: string, { definition }: Study, resume: boolean): void {
  const file = pathIn(folder, STUDY_FILE);
  if (resume && !exists(file)) {
    throw new UserError('not-found', `${folder} holds no study to resume`);
  }
  if (!resume && exists(file)) {
    throw new UserError('exists', `${folder} already holds a study: resume it, or choose another folder`);
  }
  if (!resume) {
    requireNewFolder(folder);
    makeFolders(folder);
  }
  writeJson(file, definition, 2);
}

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
  /** The training whose model was timed. */
  readonly timed: Readonly<Record<string, string>>;
  readonly secondsPerStep: Readonly<Record<string, number>>;
  readonly sampling: Readonly<Record<string, SamplingTime>>;
}

/** Does the work of a study that isn't done yet. */
class StudyWork {
  private readonly study: Study;
  private readonly datasets: readonly StudiedDataset[];
  private readonly folder: string;
  private readonly engine: StudyEngine;
  private readonly events: StudyEvents;
  /** Steps of all trainings, and those done. */
  private total: number;
  private done = 0;

  constructor(study: Study, datasets: readonly StudiedDataset[], folder: string, options: StudyOptions) {
    const { resume: _, events = {}, ...engine } = options;
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
    const times: StudyTimes[] = [];
    for (const dataset of datasets) {
      times.push(
        await this.time(
          dataset,
          contenders.filter((contender) => contender.dataset === dataset),
        ),
      );
    }
    await this.test(contenders);
    const unit = unitOf(datasets[0]!.variants[0]!.config.model);
    const measured: MeasuredDataset[] = [];
    for (const [index, dataset] of datasets.entries()) {
      const variants = [];
      for (const contender of contenders.filter((each) => each.dataset === dataset)) {
        const { name, config } = contender.variant;
        const seeds = [];
        for (const [place, seed] of study.seeds.entries()) {
          seeds.push(await measuredSeed(seed, contender.trainings[place], unit));
        }
        variants.push({
          variant: name,
          parameters: countParameters(dataset.images.imageShape, config.model),
          learningRate: study.rates === null ? config.training.learningRate : contender.rate,
          tried: contender.tried.map(({ rate, values }) => ({
            rate,
            values: values.map((value) => (value === null ? null : unit.of(value))),
          })),
          secondsPerStep: times[index]!.secondsPerStep[name] ?? null,
          sampling: times[index]!.sampling[name] ?? null,
          seeds,
        });
      }
      const { name, source, split, images, steps, searchSteps } = dataset;
      measured.push({
        dataset: name,
        source,
        split,
        images: images[split].count,
        steps,
        searchSteps,
        variants,
      });
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

  /** Finds the learning rate of a variant, if it is searched, and lists its trainings. */
  private async enter(dataset: StudiedDataset, variant: StudiedVariant): Promise<Contender> {
    const { study } = this;
    const { rates, seeds } = { rates: study.rates, seeds: study.search.seeds };
    const tried: TriedRate[] = [];
    let best: BestRate = { rate: null, next: null, problem: null };
    if (rates !== null) {
      let pending: readonly number[] = rates;
      do {
        for (const rate of pending) {
          tried.push({ rate, values: await this.tryRate(dataset, variant, rate) });
        }
        best = bestRate(tried, rates.length);
        pending = best.next === null ? [] : [best.next];
        if (best.next !== null) {
          this.total += seeds.length * dataset.searchSteps;
          const [seed] = seeds as [number];
          const next = this.training(dataset, variant, { seed, rate: best.next, isSearch: true });
          if (readRecord(next) === undefined) {
            this.note(
              `${variant.name} on ${dataset.name}: the best rate, ${best.rate}, is at the edge of those tried; trying ${best.next} too`,
            );
          }
        }
      } while (pending.length > 0);
    }
    const { rate, problem } = best;
    const trainings =
      rates !== null && rate === null
        ? []
        : study.seeds.map((seed) => this.training(dataset, variant, { seed, rate: rate ?? undefined }));
    return { dataset, variant, tried, rate, problem, trainings };
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
        stateOf(training) === 'failed' ? undefined : (await readOutcome(training)).curve.at(-1)?.bitsPerDim;
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
    if (training !== undefined && stateOf(training) === 'open') {
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
        this.note(`${training.name}: ${failure}`);
      }
    }
    this.progress(done + steps);
  }

  private progress(done: number): void {
    this.done = done;
    this.events.onProgress?.('training', done, this.total);
  }

  private note(text: string): void {
    this.events.onNote?.(text);
  }

  /** Times the variants that have a trained model, unless these were timed before. */
  private async time(dataset: StudiedDataset, contenders: readonly Contender[]): Promise<StudyTimes> {
    const { engine, events } = this;
    const timed = contenders.flatMap(({ variant, trainings }) => {
      const training = trainings.find((each) => stateOf(each) === 'trained');
      return training ? [{ variant, training }] : [];
    });
    const byName = <Value>(values: readonly Value[]): Record<string, Value> =>
      Object.fromEntries(values.map((value, index) => [timed[index]!.variant.name, value]));
    const file = pathIn(this.folder, dataset.name, TIMES_FILE);
    const names = byName(timed.map(({ training }) => training.name));
    const stored = exists(file)
      ? (parseJsonObject(readText(file), file, '; delete it') as unknown as StudyTimes)
      : undefined;
    if (stored !== undefined && JSON.stringify(stored.timed) === JSON.stringify(names)) {
      return stored;
    }
    const expected = [];
    for (const { training } of timed) {
      expected.push(median((await readOutcome(training)).stepSeconds));
    }
    const onRound = (done: number, total: number): void => events.onProgress?.('timing', done, total);
    const steps = await timeSteps(
      timed.map(({ training }) => training.config),
      dataset.images,
      expected,
      engine,
      onRound,
    );
    const samples = await timeSamples(
      timed.map(({ training }) => training.folder),
      engine,
    );
    const times: StudyTimes = { timed: names, secondsPerStep: byName(steps), sampling: byName(samples) };
    writeJson(file, times, 2);
    return times;
  }

  /** Measures each trained model on test images, once. */
  private async test(contenders: readonly Contender[]): Promise<void> {
    const { signal } = this.engine;
    const waiting = contenders.flatMap(({ dataset, trainings }) =>
      trainings
        .filter((training) => stateOf(training) === 'trained' && readRecord(training)?.perImage === undefined)
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
        this.note(`${training.name}: ${failure}`);
        extendRecord(training, { failure });
        continue;
      }
      const record = evaluationRecord(evaluation, { split, weights: 'average', model: run.model.options });
      const { step } = run;
      await folderStore(run.paths).appendEvaluation({ step, seed: TEST.seed, ...storedEvaluation(record) });
      await writeRunCard(run.paths, run);
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
  const { failure, perImage } = training === undefined ? NO_RATE : readRecord(training)!;
  if (training === undefined || perImage === undefined) {
    return { seed, curve: [], droppedSteps: 0, rollbacks: 0, failure: failure! };
  }
  const { curve, droppedSteps, setbacks, place } = await readOutcome(training);
  return {
    seed,
    place,
    perImage: perImage.map((bits) => unit.of(bits)),
    curve: curve.map(({ step, bitsPerDim }) => ({ step, bitsPerDim: unit.of(bitsPerDim) })),
    droppedSteps,
    rollbacks: setbacks,
  };
}

const NO_RATE = { failure: 'training diverged at every rate', perImage: undefined };
