// Public to other folders: the names of a run's files, its state and changes of its settings.
export { checkpointFile, runFileNames, stepsIn } from './runFileNames.ts';
export {
  changedSettings,
  changesIn,
  changesText,
  listSettings,
  type SettingChange,
  type Settings,
  withChanges,
} from './settingChanges.ts';
export { selectWeights, type TrainingStart, type TrainingState, type WeightsKind } from './trainingState.ts';
