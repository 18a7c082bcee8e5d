// A run stored in a folder.
import { call, UserError } from '../../errors.ts';
import { configSchemaText } from '../../experiments/configReference.ts';
import { stringifyConfig } from '../../experiments/configText.ts';
import { mendJsonLines, readJsonLines, rewindJsonLines } from '../../storage/jsonLines.ts';
import { checkMetrics, checkTimings, mendedText } from '../contents/logLines.ts';
import type { RunStore } from '../contents/runStore.ts';
import { readSoundCheckpoint, saveCheckpoint } from './checkpointFile.ts';
import { requireNoLinks, runFiles } from './closedRun.ts';
import { markData } from './dataMark.ts';
import { readDataRecord, writeDataRecord } from './dataRecordFile.ts';
import { removeRunPartials } from './leftovers.ts';
import { createRunFolder } from './newRunFolder.ts';
import { checkpointPath, listCheckpoints, openRunFolder, type RunPaths } from './runFolder.ts';
import { lockRun } from './runLock.ts';
import { appendMetrics, appendTiming, readMetrics } from './runLogs.ts';
import { readSummary, writeSummary } from './summaryFile.ts';

/** The storage of the run in a folder, which need not exist yet. */
export function folderStore(paths: RunPaths): RunStore {
  return {
    name: paths.directory,
    resumption: (changes) => call('resumeRun', paths.directory, ...(changes === undefined ? [] : [changes])),
    restart: `delete ${paths.checkpoints} to restart training from scratch`,
    create(config) {
      createRunFolder(paths.directory, stringifyConfig(config));
      markData(paths, config);
    },
    readConfig: () => openRunFolder(paths.directory).config,
    lock: () => lockRun(paths),
    mend: () => mendRunFiles(paths),
    rewind(config, step) {
      rewindLogs(paths, step);
      const files = runFiles(paths);
      files.write(paths.schema, configSchemaText());
      files.write(paths.config, stringifyConfig(config));
    },
    readImages: () => readDataRecord(paths),
    recordImages: (record) => writeDataRecord(paths, record),
    readMetrics: () => readMetrics(paths),
    appendMetrics: (line) => appendMetrics(paths, line),
    readTimings: () => readJsonLines(paths.timings, checkTimings),
    appendTiming: (line) => appendTiming(paths, line),
    readSummary: () => readSummary(paths),
    writeSummary: (summary) => writeSummary(paths, summary),
    checkpointSteps: () => listCheckpoints(paths).map(({ step }) => step),
    checkpointPath: (step) => checkpointPath(paths, step),
    readCheckpoint: (step, check) => readSoundCheckpoint(checkpointPath(paths, step), check),
    saveCheckpoint(step, contents) {
      const files = runFiles(paths);
      files.flush(paths.metrics);
      files.makeFolder(paths.checkpoints);
      saveCheckpoint(files, checkpointPath(paths, step), contents);
    },
    removeCheckpoint: (step) => runFiles(paths).remove(checkpointPath(paths, step)),
  };
}

/** Truncates the logs to a step, removes leftovers of a crash, and renames later checkpoints to `….damaged`. */
function rewindLogs(paths: RunPaths, step: number): void {
  const files = runFiles(paths);
  for (const folder of [paths.checkpoints, paths.samples]) {
    files.makeFolder(folder);
  }
  removeRunPartials(paths);
  for (const { path } of listCheckpoints(paths).filter((checkpoint) => checkpoint.step > step)) {
    files.setAside(path);
  }
  for (const log of [paths.metrics, paths.timings]) {
    rewindJsonLines(files, log, (line) => Number(line.step) <= step);
  }
}

function mendRunFiles(paths: RunPaths): string[] {
  requireNoLinks(paths);
  const files = runFiles(paths);
  const logs = [
    { path: paths.metrics, check: checkMetrics },
    { path: paths.timings, check: checkTimings },
  ];
  const notes = logs.flatMap(({ path, check }) => {
    const mended = mendJsonLines(files, path, check);
    return mended ? [mendedText(mended)] : [];
  });
  try {
    readSummary(paths);
  } catch (error) {
    if (!(error instanceof UserError && error.code === 'invalid-data')) {
      throw error;
    }
    const damage = error.message.replace(/; delete it$/, '');
    notes.push(`${damage}; it is kept as ${files.setAside(paths.summary)}, and a new one is started`);
  }
  return notes;
}
