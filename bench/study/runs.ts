// The runs of a study: the folder, configuration and progress of each.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { UserError } from '../../src/core/errors.ts';
import { readTextFile } from '../../src/data/files/files.ts';
import { type DequantisationName, dequantisationOf } from '../../src/flows/models/dequantisation.ts';
import { readSummary, runPaths, savedSteps } from '../../src/runs/folder/runFolder.ts';
import type { Config } from '../../src/runs/settings/configSchema.ts';
import { resolveConfig } from '../../src/runs/settings/resolve.ts';
import { stepsOf } from './budget.ts';
import { readJson, writeJson } from './jsonFile.ts';
import { changesOf, type Study, studyFolder, variantsOf } from './studies.ts';

const RATE = 'training.learningRate';

/** One training run of a study: for a seed, or for a learning rate being tried. */
export interface StudyRun {
  readonly study: Study;
  readonly variant: string;
  readonly seed: number;
  /** Null for a run of a seed until the search is done. */
  readonly rate: number | null;
  /** Null until the time of the variant's steps is known, if the study has seconds instead of steps. */
  readonly steps: number | null;
  /** Whether it only tries a learning rate, in which case it is not measured on test images. */
  readonly search: boolean;
  readonly directory: string;
}

/** Why a run cannot be trained or measured, and its configuration. */
interface RunFailure {
  readonly reason: string;
  readonly config: Config;
}

/** The progress of a run. */
export interface RunProgress {
  /** `trained`: all steps are done; `failed`: they cannot be. */
  readonly state: 'none' | 'begun' | 'trained' | 'failed';
  /** The step that it can resume from. */
  readonly step: number;
  /** bits/dim of the validation images after the last step; null until then. */
  readonly validationBitsPerDim: number | null;
  /** Why it failed. */
  readonly failure?: string;
}

/** The run of a variant with one of the study's seeds, at the rate found for the variant. */
export function seedRun(
  root: string,
  study: Study,
  variant: string,
  seed: number,
  rate: number | null,
): StudyRun {
  const directory = join(studyFolder(root, study), `${variant}-${seed}`);
  return { study, variant, seed, rate, steps: stepsOf(root, study, variant), search: false, directory };
}

/** The runs that try each learning rate for a variant; none if there is only one rate. */
export function searchRuns(
  root: string,
  study: Study,
  variant: string,
): (StudyRun & { readonly rate: number })[] {
  const { rates, steps, seed } = study.search;
  return rates.length === 1
    ? []
    : rates.map((rate) => {
        const directory = join(studyFolder(root, study), 'search', `${variant}-${rate}`);
        return { study, variant, seed, rate, steps, search: true, directory };
      });
}

/**
 * The options of `emerging train` that start a run.
 *
 * @throws RangeError if its rate or steps are not known yet
 */
export function trainOptions(run: StudyRun): string[] {
  const { study, seed, rate, steps, directory } = run;
  if (rate === null || steps === null) {
    throw new RangeError(`${directory} cannot start before its learning rate and steps are known`);
  }
  return [
    ...['--preset', study.preset, '--data', study.data.name],
    ...settingsOf(run).flatMap((setting) => ['--set', setting]),
    ...['--steps', String(steps), '--seed', String(seed)],
  ];
}

/** The configuration of each variant of a study, with its first seed and the preset's learning rate. */
export function configsOf(study: Study): Map<string, Config> {
  return new Map(
    variantsOf(study).map((variant) => [
      variant,
      configOf(seedRun('', study, variant, study.seeds[0]!, null)),
    ]),
  );
}

/** Which bound on the likelihood the bits/dim of a variant are. */
export function boundOfVariant(study: Study, variant: string): DequantisationName {
  return dequantisationOf(configOf(seedRun('', study, variant, study.seeds[0]!, null)).model);
}

/** The configuration for these options; the preset's learning rate and steps are used for unknown ones. */
export function configOf(run: StudyRun): Config {
  const { study, seed, steps } = run;
  return resolveConfig({
    preset: study.preset,
    set: settingsOf(run),
    overrides: { seed, data: { name: study.data.name }, ...(steps !== null && { training: { steps } }) },
  });
}

function settingsOf({ study, variant, rate }: StudyRun): string[] {
  const known = rate === null ? [] : [`training.learningRate=${rate}`];
  return [...study.changes, ...changesOf(study, variant), ...known];
}

/**
 * The progress of a run, from the contents of its folder and the record of its failure.
 *
 * @throws UserError if either belongs to a run with another configuration; while the rate of the run is unknown,
 *   any rate is accepted, as are any steps while they are unknown
 */
export function progressOf(run: StudyRun): RunProgress {
  const failure = readJson<RunFailure>(failurePath(run));
  if (failure !== undefined) {
    requireSameSettings(
      run,
      resolveConfig({ overrides: failure.config }),
      `${failurePath(run)} belongs to a run`,
    );
    return { state: 'failed', step: 0, validationBitsPerDim: null, failure: failure.reason };
  }
  const paths = runPaths(run.directory);
  if (!existsSync(paths.config)) {
    return { state: 'none', step: 0, validationBitsPerDim: null };
  }
  requireSameSettings(
    run,
    resolveConfig({ file: readTextFile(paths.config) }),
    `${run.directory} was trained`,
  );
  const summary = readSummary(paths);
  const step = savedSteps(paths).at(-1) ?? 0;
  const trained = summary.complete === true && step === run.steps;
  const bitsPerDim = trained && typeof summary.bitsPerDim === 'number' ? summary.bitsPerDim : null;
  return { state: trained ? 'trained' : 'begun', step, validationBitsPerDim: bitsPerDim };
}

/** Records that a run cannot be trained, so that it is not retried forever. */
export function recordFailure(run: StudyRun, reason: string): void {
  writeJson(failurePath(run), { reason, config: configOf(run) } satisfies RunFailure);
}

/** Next to the folder of the run, since a run that fails at its first step leaves none. */
function failurePath({ directory }: StudyRun): string {
  return `${directory}.failed.json`;
}

/**
 * Refuses the remains of a run with another configuration; `subject` starts the error: `DIRECTORY was trained`.
 */
function requireSameSettings(run: StudyRun, there: Config, subject: string): void {
  const { learningRate, steps } = there.training;
  const chosen = configOf({ ...run, rate: run.rate ?? learningRate, steps: run.steps ?? steps ?? null });
  // A run records the bits of its images, unless they were chosen.
  const bits = chosen.model.bits ?? there.model.bits;
  const wanted = { ...chosen, model: { ...chosen.model, ...(bits !== undefined && { bits }) } };
  if (isDeepStrictEqual(there, wanted)) {
    return;
  }
  const [before, now] = [flat(there), flat(wanted)];
  const keys = Object.keys({ ...before, ...now }).filter((each) => before[each] !== now[each]);
  const key = keys.find((each) => each !== RATE) ?? RATE;
  const { study, variant } = run;
  throw new UserError(
    'mismatch',
    key === RATE && !run.search && study.search.rates.length > 1
      ? `${subject} at the learning rate ${before[RATE]}, and the search now finds ${now[RATE]} best for ` +
          `${variant}: move the runs of ${variant} away, or give the study another name`
      : `${subject} with other settings (${key} is ${before[key]} there and ${now[key]} in the study): ` +
          'move it away, or give the study another name',
  );
}

/** The keys and values of a configuration, `model.depth` and so on. */
function flat(config: Config): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).flatMap(([section, value]): [string, string][] =>
      typeof value === 'object'
        ? Object.entries(value).map(([key, inner]) => [`${section}.${key}`, JSON.stringify(inner)])
        : [[section, JSON.stringify(value)]],
    ),
  );
}
