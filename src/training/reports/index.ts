// Public to other folders: summaries and curves of runs; cards, pictures and `train` load more.
export { curvePlot, type LearningCurve, readLearningCurve } from './curvePlot.ts';
export { EventFile } from './eventFile.ts';
export {
  configReader,
  type RunOverview,
  type RunProgress,
  runOverview,
  unknownProgress,
} from './runOverview.ts';
