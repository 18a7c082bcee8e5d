// What other rooms import from this folder.
export { checkpointContents } from './checkpoint.ts';
export { readChosenCheckpoint, type StepChoice } from './chosenCheckpoint.ts';
export { differenceBetween, holdOutIn } from './dataRecord.ts';
export { type GuardState, newGuard } from './guardState.ts';
export { latestSoundCheckpoint } from './latestCheckpoint.ts';
export {
  checkMetrics,
  checkTimings,
  type Trouble,
  timeOf,
  timingLine,
  troubleIn,
  troubleText,
} from './logLines.ts';
export { momentLayouts } from './momentLayouts.ts';
export { requireArraysOf, restore } from './restore.ts';
export { checkpointFile, runFileNames, stepsIn } from './runFileNames.ts';
export { evaluationsIn } from './runSummary.ts';
export {
  changedSettings,
  changesIn,
  changesText,
  type Settings,
  settingsOf,
  withChanges,
} from './settingChanges.ts';
export { measureStep, requireLoggable, type StepRecord } from './stepStatistics.ts';
export {
  type OptimizerState,
  type TrainingStart,
  type TrainingState,
  type WeightsKind,
  weightsOf,
} from './trainingState.ts';
