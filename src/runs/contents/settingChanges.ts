// The settings that resumes changed during a run, as listed in its summary.

import { type CompletePart, partName, partOptions } from '../../core/parts/index.ts';
import type { JsonObject } from '../../data/files/index.ts';
import { type Config, partsFor } from '../settings/configSchema.ts';

/** Values by name, such as `training.learningRate`; undefined if not set. */
export type Settings = Readonly<Record<string, unknown>>;

/** A setting that changed at a step. */
export interface SettingChange {
  /** The last step with the old value. */
  readonly step: number;
  readonly setting: string;
  /** Null if it was not set. */
  readonly from: unknown;
  /** Null if it is no longer set. */
  readonly to: unknown;
}

/** The keys of a configuration and their values. */
export function listSettings({ seed, ...sections }: Config): Settings {
  const settings = Object.entries(sections).map(([section, keys]) => settingsIn(section, keys));
  return Object.assign({ seed }, ...settings);
}

/** The keys of a section and their values; a part has its name, and its options keys of their own. */
export function settingsIn(section: string, keys: object): Settings {
  const entries = Object.entries(keys).flatMap(([key, value]): [string, unknown][] =>
    partsFor(section, key) ? partSettings(`${section}.${key}`, value) : [[`${section}.${key}`, value]],
  );
  return Object.fromEntries(entries);
}

function partSettings(key: string, choice: CompletePart): [string, unknown][] {
  const options = Object.entries(partOptions(choice));
  return [
    [key, partName(choice)],
    ...options.map(([name, value]): [string, unknown] => [`${key}.${name}`, value]),
  ];
}

/** The names of the settings that differ. */
export function changedSettings(before: Settings, after: Settings): string[] {
  const differs = (name: string): boolean => JSON.stringify(before[name]) !== JSON.stringify(after[name]);
  return Object.keys({ ...before, ...after }).filter(differs);
}

/**
 * The changes of a run that resumes from a step, in order. Changes at that step or later, from calls whose
 * steps were lost, are merged with those made now; before the first step there are none, as nothing was
 * trained differently.
 *
 * @param recorded the changes so far
 */
export function withChanges(
  recorded: readonly SettingChange[],
  { step, before, after }: { step: number; before: Settings; after: Settings },
): SettingChange[] {
  const earlier = recorded.filter((change) => change.step < step);
  const lost = recorded.filter((change) => change.step >= step).reverse();
  const trained = { ...before, ...Object.fromEntries(lost.map(({ setting, from }) => [setting, from])) };
  const orNull = (settings: Settings, name: string): unknown => settings[name] ?? null;
  const now = Object.keys({ ...trained, ...after })
    .map((setting) => ({ step, setting, from: orNull(trained, setting), to: orNull(after, setting) }))
    .filter(({ from, to }) => JSON.stringify(from) !== JSON.stringify(to));
  return step === 0 ? [] : [...earlier, ...now];
}

/** The changes that a summary lists. */
export function changesIn({ changes }: JsonObject): readonly SettingChange[] {
  return Array.isArray(changes) ? changes : [];
}

function show(value: unknown): string {
  if (Array.isArray(value)) {
    return value.map(show).join(',');
  }
  return value === null ? 'not set' : typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/**
 * The changes in words, `after step 1,000: training.steps 1000 → 2000, workers 2 → 1`; null if there are
 * none.
 */
export function changesText(changes: readonly SettingChange[]): string | null {
  const steps = [...new Set(changes.map(({ step }) => step))];
  const ofStep = (step: number): string =>
    changes
      .filter((change) => change.step === step)
      .map(({ setting, from, to }) => `${setting} ${show(from)} → ${show(to)}`)
      .join(', ');
  const text = steps.map((step) => `after step ${step.toLocaleString('en-US')}: ${ofStep(step)}`).join('; ');
  return text === '' ? null : text;
}
