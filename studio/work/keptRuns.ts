// Reading the runs in the browser's private file system.
import { UserError } from 'emerging-flows';
import { privateFiles, readFiles, resolveConfig } from 'emerging-flows/training';
import { zipSync } from 'fflate';
import { DIGITS_FILE } from './digits.ts';

/** A stored run. */
export interface KeptRun {
  readonly name: string;
  /** Whether nothing was stored: the run stopped before writing its configuration. */
  readonly isEmpty: boolean;
  /** Its configuration in short; undefined if its files are damaged. */
  readonly about: RunAbout | undefined;
  /** The text of its logs. */
  readonly metrics: string;
  readonly timings: string;
  /** Whether a page trains it now. */
  readonly isLocked: boolean;
  /** Whether all steps are done. */
  readonly complete: boolean;
  /** The step of its last checkpoint. */
  readonly saved: number;
  /** The sheets of samples, as PNG, earliest first. */
  readonly samples: readonly { readonly step: number; readonly png: Uint8Array<ArrayBuffer> }[];
  /** Why it can't be used, as a sentence. */
  readonly problem: string | undefined;
}

/** A run's configuration in short. */
export interface RunAbout {
  readonly levels: number;
  readonly steps: number | undefined;
  /** The name of its dataset. */
  readonly data: string;
  /** Whether it trains on the digits included with the page. */
  readonly isDigits: boolean;
}

/** The file name of the samples after a step, as in run folders. */
export function samplesName(step: number): string {
  return `samples/step-${String(step).padStart(8, '0')}.png`;
}

/** The names of the stored runs. */
export function keptRuns(): Promise<string[]> {
  return privateFiles.list();
}

/** Reads a stored run. */
export async function keptRun(name: string): Promise<KeptRun> {
  const files = await privateFiles.open(name);
  const names = await files.list();
  const readText = async (file: string): Promise<string> =>
    new TextDecoder().decode((await files.read(file)) ?? new Uint8Array());
  const listSteps = (pattern: RegExp): number[] =>
    names.flatMap((file) => pattern.exec(file)?.[1] ?? []).map(Number);
  const samples = listSteps(/^samples\/step-(\d{8,})\.png$/).map(async (step) => ({
    step,
    png: new Uint8Array((await files.read(samplesName(step))) ?? []),
  }));
  const isEmpty = !names.includes('config.yaml');
  const { about, problem } = isEmpty ? {} : readAbout(await readText('config.yaml'));
  return {
    name,
    isEmpty,
    about,
    problem,
    metrics: await readText('metrics.jsonl'),
    timings: await readText('timings.jsonl'),
    // The lock's name ends with the run's, as `FileStore.lock` takes it.
    isLocked: (await navigator.locks.query()).held!.some((lock) => lock.name?.endsWith(`/${name}`)),
    complete: isComplete(await readText('summary.json')),
    saved: listSteps(/^checkpoints\/step-(\d{8,})\.safetensors$/).at(-1) ?? 0,
    samples: await Promise.all(samples),
  };
}

/** Whether a summary reports completion; a damaged one doesn't, and resuming replaces it. */
function isComplete(summary: string): boolean {
  try {
    return JSON.parse(summary).complete === true;
  } catch {
    return false;
  }
}

function readAbout(text: string): Partial<Pick<KeptRun, 'about' | 'problem'>> {
  try {
    const { model, data, training } = resolveConfig({ file: { path: 'config.yaml', text } });
    const about = { levels: model.levels, steps: training.steps, data: data.name };
    return { about: { ...about, isDigits: data.name === DIGITS_FILE }, problem: undefined };
  } catch (error) {
    if (error instanceof UserError) {
      return { about: undefined, problem: `Its files are damaged: ${error.message}.` };
    }
    throw error;
  }
}

/** A run as a zip archive of its folder. */
export async function createArchive(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const files = await readFiles(await privateFiles.open(name));
  if (Object.keys(files).length === 0) {
    throw new Error(`The run ${name} is no longer there: reload the page.`);
  }
  const inFolder = Object.fromEntries(
    Object.entries(files).map(([file, bytes]) => [`${name}/${file}`, bytes]),
  );
  // Weights don't compress.
  return new Uint8Array(zipSync(inFolder, { level: 0 }));
}

/** Deletes a run. */
export function removeKept(name: string): Promise<void> {
  return privateFiles.remove(name);
}
