// Watches the runs in the server's folders while the room is open.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { FoundRun, FoundRuns } from '../../../src/app/studioServer/lists.ts';
import { RunCurve } from '../../parts/plot/RunCurve.ts';
import { LogReader } from './LogReader.ts';

export type { FoundRun } from '../../../src/app/studioServer/lists.ts';

/** The polling interval. */
const PAUSE_MS = 2500;

/** The URL of a file of a run. */
export function runFileUrl(path: string, file: string): string {
  // Folder names may contain any character.
  const urlPath = `${path}/${file}`.split('/').map(encodeURIComponent).join('/');
  return new URL(urlPath, document.baseURI).href;
}

/** A run whose logs are read. */
export interface WatchedRun {
  readonly curve: RunCurve;
  /** Images per second over its last steps. */
  readonly speed: number | undefined;
  /** Whether its logs exceed the part that is read. */
  readonly isCut: boolean;
}

/** The state of all runs. */
export interface Watch {
  /** Undefined until loaded. */
  readonly runs: readonly FoundRun[] | undefined;
  /** Where the search stopped early; null if it did not. */
  readonly stopped: string | null;
  /** The watched runs by path. */
  readonly watched: ReadonlyMap<string, WatchedRun>;
  /** Why the last update failed, as a sentence. */
  readonly problem: string | undefined;
}

/**
 * Polls the list of runs, and the logs of some.
 *
 * @param pathsAmong the paths of the runs whose logs to read
 * @param key what `pathsAmong` depends on in addition to the runs; a change polls immediately
 */
export function useWatch(pathsAmong: (runs: readonly FoundRun[]) => readonly string[], key: string): Watch {
  const [watch, setWatch] = useState<Watch>({
    runs: undefined,
    stopped: null,
    watched: new Map(),
    problem: undefined,
  });
  const logs = useRef(new Map<string, RunLogs>());
  const wanted = useRef(pathsAmong);
  const lookAgain = useRef(() => {});
  wanted.current = pathsAmong;
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isLooking = false;
    let isOutdated = false;
    const look = async (): Promise<void> => {
      isOutdated = isLooking;
      if (isLooking) {
        return;
      }
      isLooking = true;
      clearTimeout(timer);
      try {
        const { runs, stopped } = await fetchRuns(signal);
        const watched = await readLogs(logs.current, runs, wanted.current(runs), signal);
        setWatch({ runs, stopped, watched, problem: undefined });
      } catch (error) {
        if (!signal.aborted) {
          const why =
            error instanceof TypeError ? 'is the studio still running?' : `${(error as Error).message}.`;
          setWatch((before) => ({ ...before, problem: `Can’t update the runs: ${why}` }));
        }
      }
      isLooking = false;
      if (!signal.aborted) {
        timer = setTimeout(look, isOutdated ? 0 : PAUSE_MS);
      }
    };
    lookAgain.current = look;
    look();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, []);
  useEffect(() => {
    lookAgain.current();
  }, [key]);
  return watch;
}

async function fetchRuns(signal: AbortSignal): Promise<FoundRuns> {
  const response = await fetch(new URL('runs.json', document.baseURI), { cache: 'no-store', signal });
  if (!response.ok) {
    throw new Error(`the server returned ${response.status}: ${(await response.text()).trim()}`);
  }
  return response.json();
}

async function readLogs(
  logs: Map<string, RunLogs>,
  runs: readonly FoundRun[],
  paths: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, WatchedRun>> {
  const watched = new Map<string, WatchedRun>();
  for (const run of runs) {
    const { path } = run;
    if (paths.includes(path) && run.problem === null) {
      const runLogs = logs.get(path) ?? new RunLogs(path);
      logs.set(path, runLogs);
      watched.set(path, await runLogs.read(run, signal));
    }
  }
  return watched;
}

/** The logs of a run, read as they grow. */
class RunLogs {
  private readonly metrics: LogReader;
  private readonly timings: LogReader;
  private curve = new RunCurve();
  private readAt: string | null | undefined;

  constructor(path: string) {
    this.metrics = new LogReader(runFileUrl(path, 'metrics.jsonl'));
    this.timings = new LogReader(runFileUrl(path, 'timings.jsonl'));
  }

  async read({ when, step }: FoundRun, signal: AbortSignal): Promise<WatchedRun> {
    // Before its first step a run has no logs.
    const mayHaveLogs = step > 0 || this.readAt !== undefined;
    if (mayHaveLogs && when !== this.readAt) {
      await this.metrics.read(signal, {
        onReplaced: () => {
          this.curve = new RunCurve();
        },
        onLines: (lines) => {
          for (const line of lines) {
            this.curve.addMetrics(line);
          }
        },
      });
      await this.timings.read(signal, {
        // After a resume, lines repeat known steps and replace them.
        onReplaced: () => {},
        onLines: (lines) => {
          for (const line of lines) {
            this.curve.addTiming(line);
          }
        },
      });
      this.readAt = when;
    }
    return {
      curve: this.curve,
      speed: this.curve.speed,
      isCut: this.metrics.isFull || this.timings.isFull,
    };
  }
}
