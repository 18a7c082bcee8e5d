// The settings that resumes have changed on a run's way, as its summary lists them.
import type { Config } from '../../experiments/configSchema.ts';
import type { JsonObject } from '../../storage/jsonLines.ts';

/** Values by name, `training.learningRate` for one; what is not set is undefined. */
export type Settings = Readonly<Record<string, unknown>>;

/** A setting that has another value from a step on. */
interface SettingChange {
  /** The last step with the old value. */
  readonly step: number;
  readonly setting: string;
  /** Null where it was not set. */
  readonly from: unknown;
  /** Null where it is no longer set. */
  readonly to: unknown;
}

/** The keys of a configuration with their values. */
export function settingsOf({ seed, ...sections }: Config): Settings {
  const entries = Object.entries(sections).flatMap(([section, keys]) =>
    Object.entries(keys).map(([key, value]) => [`${section}.${key}`, value]),
  );
  return { seed, ...Object.fromEntries(entries) };
}

/** The names of the settings that differ. */
export function changedSettings(before: Settings, after: Settings): string[] {
  const differs = (name: string): boolean => JSON.stringify(before[name]) !== JSON.stringify(after[name]);
  return Object.keys({ ...before, ...after }).filter(differs);
}

/**
 * The changes of a run that goes on from a step, in order. What was changed at that step or later, by calls whose steps
 * are lost, is one with what changes now; before the first step nothing has been trained otherwise.
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
export function changesIn({ changes }: JsonObject): SettingChange[] {
  return Array.isArray(changes) ? changes : [];
}

/** The changes in words, `after step 1,000: training.steps 1000 → 2000, workers 2 → 1`; null where there are none. */
export function changesText(changes: readonly SettingChange[]): string | null {
  const steps = [...new Set(changes.map(({ step }) => step))];
  const show = (value: unknown): string => (value === null ? 'not set' : String(value));
  const ofStep = (step: number): string =>
    changes
      .filter((change) => change.step === step)
      .map(({ setting, from, to }) => `${setting} ${show(from)} → ${show(to)}`)
      .join(', ');
  const text = steps.map((step) => `after step ${step.toLocaleString('en-US')}: ${ofStep(step)}`).join('; ');
  return text === '' ? null : text;
}
