// Runs grouped by seed: those whose configurations differ only in the seed are one model, trained several times.

import { overSeeds } from '../../../core/numeric/index.ts';
import { changedSettings, listSettings, type Settings } from '../../../runs/contents/index.ts';
import type { Config } from '../../../runs/settings/index.ts';

/** A measured run; an export has no configuration. */
export interface MeasuredRun {
  /** Its folder. */
  readonly run: string;
  /** Its configuration; undefined for an export. */
  readonly config: Config | undefined;
  /** The settings that resumes changed, so that runs with the same last settings may differ. */
  readonly changes: readonly unknown[];
  /** The mean over images. */
  readonly bitsPerDim: number;
}

/** Runs that differ only in their seeds. */
export interface SeedGroup {
  /** The settings that other groups have differently, or the folder of the first run. */
  readonly name: string;
  /** The folders of the runs. */
  readonly runs: readonly string[];
  /** Their different seeds; null for an export. */
  readonly seeds: readonly number[] | null;
  /** The mean over seeds. */
  readonly bitsPerDim: number;
  /** Half of Student's 95 % interval over seeds; null for one seed. */
  readonly interval: number | null;
  /** The mean difference to the first group, over the seeds that both have, otherwise between the means. */
  readonly difference: number;
  /** Half of Student's 95 % interval of the paired differences; null for fewer than two shared seeds. */
  readonly differenceInterval: number | null;
  /** The seeds that it shares with the first group. */
  readonly pairedSeeds: readonly number[];
}

/** The settings that a name shows; with more, the name is a folder. */
const MOST_NAMED = 3;

/** Groups runs by all settings but the seed, in order; only the first run of each seed counts. */
export function groupBySeed(runs: readonly MeasuredRun[]): SeedGroup[] {
  const byKey = new Map<string, MeasuredRun[]>();
  for (const run of runs) {
    const key = run.config ? JSON.stringify([settingsWithoutSeed(run.config), run.changes]) : run.run;
    byKey.set(key, [...(byKey.get(key) ?? []), run]);
  }
  const groups = [...byKey.values()];
  const settings = groups.map(([first]) => (first?.config ? settingsWithoutSeed(first.config) : undefined));
  const differing = [
    ...new Set(settings.flatMap((each) => changedSettings(settings[0] ?? {}, each ?? settings[0] ?? {}))),
  ];
  const names = groups.map(([first], index) => groupName(first!.run, settings[index], differing));
  const [baseline] = groups.map(resultsBySeed) as [Map<number | undefined, number>];
  return groups.map((group, index) => {
    const results = resultsBySeed(group);
    const seeds = [...results.keys()].filter((seed) => seed !== undefined);
    const pairedSeeds = index === 0 ? [] : seeds.filter((seed) => baseline.has(seed));
    const differences = pairedSeeds.map((seed) => results.get(seed)! - baseline.get(seed)!);
    const means = [baseline, results].map((values) => summarise([...values.values()]));
    const paired = differences.length === 0 ? undefined : summarise(differences);
    return {
      // Changes by a resume are not in its settings.
      name: names.filter((name) => name === names[index]).length > 1 ? group[0]!.run : names[index]!,
      runs: group.map(({ run }) => run),
      seeds: group[0]!.config ? seeds : null,
      bitsPerDim: means[1]!.mean,
      interval: means[1]!.seedInterval,
      difference: paired?.mean ?? means[1]!.mean - means[0]!.mean,
      differenceInterval: paired?.seedInterval ?? null,
      pairedSeeds,
    };
  });
}

function settingsWithoutSeed(config: Config): Settings {
  const { seed: _, ...settings } = listSettings(config);
  return settings;
}

function summarise(values: readonly number[]) {
  return overSeeds(values.map((value) => [value]));
}

/** The result of each seed, undefined for exports; the first of runs with the same seed. */
function resultsBySeed(group: readonly MeasuredRun[]): Map<number | undefined, number> {
  const results = new Map<number | undefined, number>();
  for (const { config, bitsPerDim } of group) {
    results.set(config?.seed, results.get(config?.seed) ?? bitsPerDim);
  }
  return results;
}

/** The settings of a group among those that differ, unless they are many. */
function groupName(run: string, settings: Settings = {}, differing: readonly string[] = []): string {
  const shown = differing.filter((key) => settings[key] !== undefined);
  return shown.length === 0 || shown.length > MOST_NAMED
    ? run
    : shown.map((key) => `${key}=${JSON.stringify(settings[key]).replaceAll('"', '')}`).join(' ');
}
