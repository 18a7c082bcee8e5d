// The runs in the browser's private file system, as the page shows them.
import { UserError } from 'emerging-flows';
import {
  listPrivateFiles,
  privateFiles,
  readFiles,
  removePrivateFiles,
  resolveConfig,
} from 'emerging-flows/training';
import { zipSync } from 'fflate';
import { DIGITS_FILE } from './digits.ts';

/** A run that is kept. */
export interface KeptRun {
  readonly name: string;
  /** Whether nothing is kept of it: it was stopped before its configuration was written, or never begun. */
  readonly isEmpty: boolean;
  /** What it was begun with; undefined if its files are damaged. */
  readonly about: RunAbout | undefined;
  /** The text of its logs. */
  readonly metrics: string;
  readonly timings: string;
  /** Whether it has done all its steps. */
  readonly complete: boolean;
  /** The step of its last checkpoint. */
  readonly saved: number;
  /** The sheets of samples, as PNG, earliest first. */
  readonly samples: readonly { readonly step: number; readonly png: Uint8Array<ArrayBuffer> }[];
  /** What is wrong with it, as a sentence. */
  readonly problem: string | undefined;
}

/** What a run trains. */
export interface RunAbout {
  readonly mixing: string;
  readonly levels: number;
  readonly depth: number;
  readonly width: number;
  readonly steps: number | undefined;
  /** What its images are called. */
  readonly data: string;
  /** Whether these are the digits that come with the page. */
  readonly isDigits: boolean;
}

/** The name of the sheet of samples after a step: that in a run folder. */
export function samplesName(step: number): string {
  return `samples/step-${String(step).padStart(8, '0')}.png`;
}

/** The names of the runs; none if the browser keeps nothing. */
export function keptRuns(): Promise<string[]> {
  return listPrivateFiles();
}

/** What is kept of a run. */
export async function keptRun(name: string): Promise<KeptRun> {
  const files = await privateFiles(name);
  const names = await files.list();
  const textOf = async (file: string): Promise<string> =>
    new TextDecoder().decode((await files.read(file)) ?? new Uint8Array());
  const stepsOf = (pattern: RegExp): number[] =>
    names.flatMap((file) => pattern.exec(file)?.[1] ?? []).map(Number);
  const samples = stepsOf(/^samples\/step-(\d{8,})\.png$/).map(async (step) => ({
    step,
    png: new Uint8Array((await files.read(samplesName(step))) ?? []),
  }));
  const isEmpty = !names.includes('config.yaml');
  const { about, problem } = isEmpty ? {} : aboutOf(await textOf('config.yaml'));
  return {
    name,
    isEmpty,
    about,
    problem,
    metrics: await textOf('metrics.jsonl'),
    timings: await textOf('timings.jsonl'),
    complete: isComplete(await textOf('summary.json')),
    saved: stepsOf(/^checkpoints\/step-(\d{8,})\.safetensors$/).at(-1) ?? 0,
    samples: await Promise.all(samples),
  };
}

/** What a damaged summary says is unknown; a resume sets it aside. */
function isComplete(summary: string): boolean {
  try {
    return JSON.parse(summary).complete === true;
  } catch {
    return false;
  }
}

function aboutOf(text: string): Partial<Pick<KeptRun, 'about' | 'problem'>> {
  try {
    const { model, data, training } = resolveConfig({ file: { path: 'config.yaml', text } });
    const { mixing, levels, depth, width } = model;
    const about = { mixing, levels, depth, width, steps: training.steps, data: data.name };
    return { about: { ...about, isDigits: data.name === DIGITS_FILE }, problem: undefined };
  } catch (error) {
    if (error instanceof UserError) {
      return { about: undefined, problem: `Its files are damaged: ${error.message}.` };
    }
    throw error;
  }
}

/** A run as a zip archive of its folder. */
export async function archiveOf(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const files = await readFiles(await privateFiles(name));
  const inFolder = Object.fromEntries(
    Object.entries(files).map(([file, bytes]) => [`${name}/${file}`, bytes]),
  );
  // Weights do not compress.
  return new Uint8Array(zipSync(inFolder, { level: 0 }));
}

/** Deletes a run. */
export function removeKept(name: string): Promise<void> {
  return removePrivateFiles(name);
}
