// Public to other folders: the files of a run and what they hold, but for the configuration's text.
export { checkpointContents, momentLayouts } from './checkpoint.ts';
export { latestSoundCheckpoint, readChosenCheckpoint, type StepChoice } from './chosenCheckpoint.ts';
export { changedSplit, differenceBetween, holdOutIn } from './dataRecord.ts';
export { type GuardState, newGuard } from './guardState.ts';
export {
  checkMetrics,
  checkTimings,
  sumTimes,
  type Trouble,
  timingLine,
  troubleIn,
  troubleText,
} from './logLines.ts';
export { requireArrays, restore } from './restore.ts';
export { checkpointFile, runFileNames, stepsIn } from './runFileNames.ts';
export { evaluationsIn } from './runSummary.ts';
export {
  changedSettings,
  changesIn,
  changesText,
  listSettings,
  type SettingChange,
  type Settings,
  withChanges,
} from './settingChanges.ts';
export { measureStep, requireLoggable, type StepRecord } from './stepStatistics.ts';
export { selectWeights, type TrainingStart, type TrainingState, type WeightsKind } from './trainingState.ts';
