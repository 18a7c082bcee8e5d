// Folders of runs and exports as a stranger could make them: each is a sound one with one change.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { bindExport, exportChanges, scoresChanges, unbindExport } from './hostileExports.ts';
import type { Change, Changes, Verdict } from './hostileFiles.ts';
import { runChanges } from './hostileRuns.ts';

/** A hostile folder. */
export interface HostileFolder {
  readonly path: string;
  readonly verdict: Verdict;
}

/**
 * Writes hostile copies of a run, which has 8x8x1 images, one level of depth and a checkpoint at step 4, and
 * of its export.
 */
export function writeHostileModels(
  folder: string,
  sound: { readonly run: string; readonly exported: string },
): Readonly<Record<'runs' | 'exports' | 'scores', HostileFolder[]>> {
  const copies = (
    source: string,
    kind: string,
    changes: Changes,
    prepare: Change = () => {},
    finish: Change = () => {},
  ): HostileFolder[] =>
    Object.entries(changes).map(([name, [verdict, change]]) => {
      const path = join(folder, kind, name);
      cpSync(source, path, { recursive: true });
      prepare(path);
      change(path);
      finish(path);
      return { path, verdict };
    });
  return {
    runs: copies(sound.run, 'runs', runChanges),
    exports: copies(sound.exported, 'exports', exportChanges, unbindExport, bindExport),
    scores: copies(sound.exported, 'scores', scoresChanges, unbindExport),
  };
}
