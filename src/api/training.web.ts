// `emerging-flows/training` in a page or its worker: configurations and presets, runs in files, and training.

/** The files of runs in the browser's private file system. */
export * as privateFiles from '../data/files/privateFiles.web.ts';
export { resumeRun, startRun } from '../runs/open/run.web.ts';
export * from './shared/training.ts';
