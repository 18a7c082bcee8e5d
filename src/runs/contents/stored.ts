// Public to other folders: what opening or resuming a run reads, but for the configuration's text.
export { checkpointContents, momentLayouts } from './checkpoint.ts';
export { latestSoundCheckpoint, readChosenCheckpoint, type StepChoice } from './chosenCheckpoint.ts';
export { changedSplit, differenceBetween, holdOutIn } from './dataRecord.ts';
export { type GuardState, newGuard } from './guardState.ts';
export {
  checkMetrics,
  checkTimings,
  measureStep,
  requireLoggable,
  type StepRecord,
  sumTimes,
  type Trouble,
  timingLine,
  troubleIn,
  troubleText,
} from './logLines.ts';
export { requireArrays, restore } from './restore.ts';
export { evaluationsIn } from './runSummary.ts';
