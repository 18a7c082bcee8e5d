// The settings of the room Runs in its address.
import { HUES } from '../../../src/data/pictures/plotMarks.ts';
import type { Settings } from '../../address.ts';
import type { FoundRun } from './watch.ts';

/** The runs shown. */
export interface RunsSettings {
  /** The open run's path; undefined if none is open. */
  readonly open: string | undefined;
  /** The paths of the plotted runs. */
  readonly shown: readonly string[];
}

/** More curves than colours cannot be told apart. */
export const MOST_SHOWN = HUES;

/** Reads an address; by default, the run that changed last. */
export function runsSettings({ run, shown }: Settings, runs: readonly FoundRun[] | undefined): RunsSettings {
  const sound = (runs ?? []).filter(({ problem }) => problem === null);
  const latest = sound.reduce<FoundRun | undefined>(
    (last, candidate) => (last && (last.when ?? '') >= (candidate.when ?? '') ? last : candidate),
    undefined,
  );
  const open = run ?? latest?.path ?? runs?.[0]?.path;
  return { open, shown: shown === undefined ? (open === undefined ? [] : [open]) : pathsIn(shown) };
}

/** The setting for these runs; commas in paths are escaped. */
export function shownText(paths: readonly string[]): string {
  return paths.map((path) => path.replace(/[%,]/g, encodeURIComponent)).join(',');
}

function pathsIn(text: string): string[] {
  return text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => part.replaceAll('%2C', ',').replaceAll('%25', '%'))
    .slice(0, MOST_SHOWN);
}
