// The runs of the room: those that are kept, and those that train now. They go on when another room is entered.
import { signal } from '@preact/signals';
import type { ConfigLayer } from 'emerging-flows/training';
import { findModels } from '../../models.ts';
import { linesOf, RunCurve } from '../../parts/plot/RunCurve.ts';
import type { KeptRun, RunAbout } from '../../work/keptRuns.ts';
import type { Pictures } from '../../work/pictures.ts';
import { lookUp, startTrainer } from '../../work/training.ts';
import type { TrainingNews } from '../../work/trainingTasks.ts';

/** A run as the room shows it. */
export interface Training {
  readonly name: string;
  /** The number of its colour. */
  readonly hue: number;
  about: RunAbout | undefined;
  curve: RunCurve;
  /** The sheets of samples, earliest first, as URLs of PNG. */
  samples: { readonly step: number; readonly url: string }[];
  /** Whether it trains now, is asked to stop, or rests. */
  state: 'training' | 'stopping' | 'resting';
  /** What is prepared, until the first step. */
  doing: string | undefined;
  imagesPerSecond: number | undefined;
  workers: number | undefined;
  steps: number | undefined;
  /** The step of its last checkpoint. */
  saved: number;
  complete: boolean;
  /** What is worth knowing, and what went wrong, as sentences. */
  notes: readonly string[];
  problem: string | undefined;
  /** Whether it is on the plot. */
  isShown: boolean;
}

/** The runs, earliest first. They change in place: `changes` says when. */
export const trainings = signal<readonly Training[]>([]);

/** Counts the changes of the runs, several of them at a time. */
export const changes = signal(0);

/** Why nothing can be kept, as a sentence. */
export const storageProblem = signal<string | undefined>(undefined);

/** So often at most the page is drawn anew. */
const REST_MS = 200;
let isWaiting = false;

function changed(): void {
  if (!isWaiting) {
    isWaiting = true;
    setTimeout(() => {
      isWaiting = false;
      changes.value++;
    }, REST_MS);
  }
}

/** How to end the trainings that run. */
const running = new Map<string, ReturnType<typeof startTrainer>>();

/** The runs that can be on the plot without being asked for. */
const MOST_SHOWN = 4;

/** Finds the runs that are kept. */
export async function findKept(): Promise<void> {
  try {
    for (const name of await lookUp('kept', undefined as never)) {
      if (!trainings.value.some((one) => one.name === name)) {
        await refresh(add(name));
      }
    }
    storageProblem.value = undefined;
  } catch (error) {
    storageProblem.value = messageOf(error);
  }
}

/** Begins a run. */
export function begin(name: string, config: ConfigLayer, pictures: Pictures, threads: number): void {
  const run = add(name);
  run.isShown = true;
  perform(run, pictures, threads, config);
}

/** Goes on with a run from its last checkpoint. */
export function goOn(run: Training, pictures: Pictures, threads: number): void {
  run.isShown = true;
  perform(run, pictures, threads);
}

/** Ends a training after its step, with a checkpoint; a second call ends it at once. */
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
    findModels();
  } catch (error) {
    run.problem = messageOf(error);
    changed();
  }
}

/** Puts a run on the plot, or takes it off. */
export function show(run: Training, isShown: boolean): void {
  run.isShown = isShown;
  changed();
}

/** The threads of one of several trainings. */
export function threadsFor(count: number): number {
  const active = trainings.value.filter(({ state }) => state !== 'resting').length;
  return Math.max(1, Math.floor(Math.min(8, navigator.hardwareConcurrency) / (active + count)));
}

function add(name: string): Training {
  const taken = trainings.value.map(({ hue }) => hue);
  const run: Training = {
    name,
    hue:
      taken.length === 0
        ? 0
        : Array.from({ length: taken.length + 1 }, (_, hue) => hue).find((hue) => !taken.includes(hue))!,
    about: undefined,
    curve: new RunCurve(),
    samples: [],
    state: 'resting',
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
  trainings.value = trainings.value.filter((one) => one !== run);
}

async function perform(
  run: Training,
  pictures: Pictures,
  threads: number,
  config?: ConfigLayer,
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
      before = tell(run, news, before);
      changed();
    }
  };
  try {
    const order = { name: run.name, pictures, threads, ...(config && { config }) };
    await trainer.call('train', order, { onProgress });
  } catch (error) {
    run.problem = messageOf(error);
  }
  if (running.get(run.name) === trainer) {
    await end(run);
  }
}

/** Takes news of a training; returns the seconds of its steps so far. */
function tell(run: Training, news: TrainingNews, before: number): number {
  const { curve } = run;
  if (news.kind === 'doing') {
    run.doing = news.text;
  } else if (news.kind === 'damaged') {
    const one = news.count === 1;
    run.notes =
      news.count === 0
        ? []
        : [
            `${news.count} ${one ? 'picture' : 'pictures'} cannot be read and ${one ? 'is' : 'are'} left out.`,
          ];
  } else if (news.kind === 'prepared') {
    Object.assign(run, { workers: news.workers, steps: news.steps, doing: 'Taking the first step' });
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
  } else {
    curve.marks.push({
      step: news.step,
      kind: /rolled back/.test(news.text) ? 'setback' : 'dropped',
      text: news.text,
    });
  }
  return before;
}

/** Ends the worker of a training, and shows what is kept of it. */
async function end(run: Training): Promise<void> {
  running.get(run.name)?.end();
  running.delete(run.name);
  run.doing = undefined;
  try {
    await refresh(run);
  } catch (error) {
    run.problem ??= messageOf(error);
  }
  // Only now: what is said of a run that rests is what is kept of it.
  run.state = 'resting';
  changed();
  // The other rooms offer its model.
  findModels();
}

/** Takes what is kept of a run; one of which nothing is kept is forgotten. */
async function refresh(run: Training): Promise<void> {
  const kept = await lookUp('run', { name: run.name });
  if (kept.isEmpty && run.problem === undefined) {
    forget(run);
    return;
  }
  take(run, kept);
  changed();
}

function take(run: Training, { about, metrics, timings, complete, saved, samples, problem }: KeptRun): void {
  const curve = new RunCurve();
  for (const line of linesOf(metrics)) {
    curve.addMetrics(line);
  }
  for (const line of linesOf(timings)) {
    curve.addTiming(line);
  }
  Object.assign(run, { about, curve, complete, saved, problem: run.problem ?? problem });
  run.steps = about?.steps ?? run.steps;
  for (const { step, png } of samples) {
    addSamples(run, step, png);
  }
}

function addSamples(run: Training, step: number, png: Uint8Array<ArrayBuffer>): void {
  if (!run.samples.some((one) => one.step === step)) {
    const url = URL.createObjectURL(new Blob([png], { type: 'image/png' }));
    run.samples = [...run.samples, { step, url }].sort((a, b) => a.step - b.step);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
