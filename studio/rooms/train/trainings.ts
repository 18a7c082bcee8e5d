// The stored and live runs of this browser. Live runs continue in the background when another room is opened.
import { signal } from '@preact/signals';
import type { ConfigLayer } from 'emerging-flows/training';
import { findModels } from '../../models.ts';
import { plural } from '../../numbers.ts';
import { parseLines, RunCurve } from '../../parts/plot/RunCurve.ts';
import { lookUp, startTrainer } from '../../work/connections.ts';
import type { KeptRun, RunAbout } from '../../work/keptRuns.ts';
import type { Pictures } from '../../work/pictures.ts';
import type { TrainingNews } from '../../work/trainingTasks.ts';
import { hueFor, inKnownOrder, knownRuns, rememberRuns } from './runOrder.ts';

/** A run's state. */
export interface Training {
  readonly name: string;
  /** The number of its colour. */
  readonly hue: number;
  about: RunAbout | undefined;
  curve: RunCurve;
  /** The sheets of samples, earliest first, as URLs of PNG. */
  samples: { readonly step: number; readonly url: string }[];
  /** `stopping` ends after the current step; `elsewhere` trains in another tab. */
  state: 'training' | 'stopping' | 'idle' | 'elsewhere';
  /** The current preparation, until the first step. */
  doing: string | undefined;
  imagesPerSecond: number | undefined;
  workers: number | undefined;
  steps: number | undefined;
  /** The step of its last checkpoint. */
  saved: number;
  complete: boolean;
  /** Sentences to show; `problem` is an error. */
  notes: readonly string[];
  problem: string | undefined;
  /** Whether it is plotted. */
  isShown: boolean;
}

/** The runs, earliest first. They change in place; `changes` signals it. */
export const trainings = signal<readonly Training[]>([]);

/** Counts changes of the runs, several at once. */
export const changes = signal(0);

/** Why runs can't be stored, as a sentence. */
export const storageProblem = signal<string | undefined>(undefined);

/** Minimum redraw interval. */
const REDRAW_MS = 200;
let isWaiting = false;

function changed(): void {
  if (!isWaiting) {
    isWaiting = true;
    setTimeout(() => {
      isWaiting = false;
      changes.value++;
    }, REDRAW_MS);
  }
}

/** The workers of live runs, by name. */
const running = new Map<string, ReturnType<typeof startTrainer>>();

// Steps since the last checkpoint would be lost: the browser asks before it leaves.
addEventListener('beforeunload', (event) => {
  if (running.size > 0) {
    event.preventDefault();
  }
});

/** The maximum number of runs plotted by default. */
const MOST_SHOWN = 4;

/** Loads the stored runs. */
export async function findKept(): Promise<void> {
  try {
    for (const name of inKnownOrder(await lookUp('kept', undefined as never), knownRuns())) {
      if (!trainings.value.some((run) => run.name === name)) {
        await refresh(add(name));
      }
    }
    rememberRuns(trainings.value);
    storageProblem.value = undefined;
  } catch (error) {
    storageProblem.value = errorMessage(error);
  }
}

/** A run to start. */
interface Beginning {
  readonly config: ConfigLayer;
  /** A time budget, which sets the number of steps. */
  readonly minutes: number | undefined;
}

/** Starts a run. */
export function begin(name: string, pictures: Pictures, threads: number, beginning: Beginning): void {
  const run = add(name);
  run.isShown = true;
  rememberRuns(trainings.value);
  perform(run, pictures, threads, beginning);
}

/** Resumes a run from its last checkpoint. */
export function resume(run: Training, pictures: Pictures, threads: number): void {
  run.isShown = true;
  perform(run, pictures, threads);
}

/** Stops a run after the current step, with a checkpoint; a second call stops it immediately. */
export function stop(run: Training): void {
  const trainer = running.get(run.name);
  if (run.state === 'training') {
    run.state = 'stopping';
    trainer?.call('stop', undefined as never);
    changed();
  } else if (run.state === 'stopping') {
    end(run);
  }
}

/** Deletes a run. */
export async function remove(run: Training): Promise<void> {
  try {
    await lookUp('remove', { name: run.name });
    forget(run);
    rememberRuns(trainings.value);
    findModels();
  } catch (error) {
    run.problem = errorMessage(error);
    changed();
  }
}

/** Shows or hides a run in the plot. */
export function show(run: Training, isShown: boolean): void {
  run.isShown = isShown;
  changed();
}

/** The threads for each of several new runs. */
export function threadsFor(count: number): number {
  const active = trainings.value.filter(({ state }) => state !== 'idle').length;
  return Math.max(1, Math.floor(Math.min(8, navigator.hardwareConcurrency) / (active + count)));
}

function add(name: string): Training {
  const hues = trainings.value.map(({ hue }) => hue);
  const run: Training = {
    name,
    hue: hueFor(name, hues, knownRuns()),
    about: undefined,
    curve: new RunCurve(),
    samples: [],
    state: 'idle',
    doing: undefined,
    imagesPerSecond: undefined,
    workers: undefined,
    steps: undefined,
    saved: 0,
    complete: false,
    notes: [],
    problem: undefined,
    isShown: trainings.value.filter(({ isShown }) => isShown).length < MOST_SHOWN,
  };
  trainings.value = [...trainings.value, run];
  return run;
}

function forget(run: Training): void {
  for (const { url } of run.samples) {
    URL.revokeObjectURL(url);
  }
  trainings.value = trainings.value.filter((training) => training !== run);
}

async function perform(
  run: Training,
  pictures: Pictures,
  threads: number,
  beginning?: Beginning,
): Promise<void> {
  const trainer = startTrainer();
  running.set(run.name, trainer);
  Object.assign(run, {
    state: 'training',
    doing: 'Starting',
    notes: [],
    problem: undefined,
    complete: false,
  });
  changed();
  let before = 0;
  const onProgress = (news: TrainingNews): void => {
    if (running.get(run.name) === trainer) {
      before = applyNews(run, news, before);
      changed();
    }
  };
  try {
    const { config, minutes } = beginning ?? {};
    const order = {
      name: run.name,
      pictures,
      threads,
      ...(config && { config }),
      ...(minutes !== undefined && { minutes }),
    };
    await trainer.call('train', order, { onProgress });
  } catch (error) {
    run.problem = errorMessage(error);
  }
  if (running.get(run.name) === trainer) {
    await end(run);
  }
}

/** Applies an event to a run; returns the training time so far, in seconds. */
function applyNews(run: Training, news: TrainingNews, before: number): number {
  const { curve } = run;
  if (news.kind === 'doing') {
    run.doing = news.text;
  } else if (news.kind === 'damaged') {
    run.notes = news.count === 0 ? [] : [`${plural(news.count, 'unreadable picture')} skipped.`];
  } else if (news.kind === 'prepared') {
    Object.assign(run, { workers: news.workers, steps: news.steps, doing: 'Running the first step' });
  } else if (news.kind === 'chosen') {
    run.steps = news.steps;
  } else if (news.kind === 'step') {
    run.doing = undefined;
    run.imagesPerSecond = news.imagesPerSecond;
    curve.addMetrics({ step: news.step, bitsPerDim: news.bitsPerDim });
    curve.addTiming({ step: news.step, seconds: Math.max(0, news.seconds - before) });
    return news.seconds;
  } else if (news.kind === 'validation') {
    curve.addMetrics({ step: news.step, validationBitsPerDim: news.bitsPerDim });
  } else if (news.kind === 'samples') {
    addSamples(run, news.step, news.png);
  } else if (/^no statistics/.test(news.text)) {
    run.notes = [...run.notes, `${news.text.charAt(0).toUpperCase()}${news.text.slice(1)}.`];
  } else {
    curve.marks.push({
      step: news.step,
      kind: /rolled back/.test(news.text) ? 'rollback' : 'dropped',
      text: news.text,
    });
  }
  return before;
}

/** Ends a run's worker, and shows the stored state. */
async function end(run: Training): Promise<void> {
  running.get(run.name)?.end();
  running.delete(run.name);
  run.doing = undefined;
  try {
    await refresh(run);
  } catch (error) {
    run.problem ??= errorMessage(error);
  }
  // Set last: an idle run must show its saved state.
  run.state = 'idle';
  changed();
  // Other rooms list its model.
  findModels();
}

/** How often a run of another tab is read. */
const ELSEWHERE_MS = 3000;

/** Loads a run's stored state; a run without one is removed. */
async function refresh(run: Training): Promise<void> {
  const stored = await lookUp('run', { name: run.name });
  if (stored.isEmpty && run.problem === undefined) {
    forget(run);
    return;
  }
  take(run, stored);
  if (stored.isLocked && run.state === 'idle') {
    run.state = 'elsewhere';
  } else if (!stored.isLocked && run.state === 'elsewhere') {
    run.state = 'idle';
    findModels();
  }
  if (run.state === 'elsewhere') {
    followElsewhere(run);
  }
  changed();
}

/** Reads a run of another tab again and again, also after an error, until that tab no longer trains it. */
function followElsewhere(run: Training): void {
  setTimeout(async () => {
    run.problem = undefined;
    try {
      await refresh(run);
    } catch (error) {
      run.problem = errorMessage(error);
      changed();
      followElsewhere(run);
    }
  }, ELSEWHERE_MS);
}

function take(run: Training, { about, metrics, timings, complete, saved, samples, problem }: KeptRun): void {
  const curve = new RunCurve();
  for (const line of parseLines(metrics)) {
    curve.addMetrics(line);
  }
  for (const line of parseLines(timings)) {
    curve.addTiming(line);
  }
  Object.assign(run, { about, curve, complete, saved, problem: run.problem ?? problem });
  run.steps = about?.steps ?? run.steps;
  for (const { step, png } of samples) {
    addSamples(run, step, png);
  }
}

function addSamples(run: Training, step: number, png: Uint8Array<ArrayBuffer>): void {
  if (!run.samples.some((sample) => sample.step === step)) {
    const url = URL.createObjectURL(new Blob([png], { type: 'image/png' }));
    run.samples = [...run.samples, { step, url }].sort((a, b) => a.step - b.step);
  }
}

function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
