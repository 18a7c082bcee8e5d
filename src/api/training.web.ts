// `emerging-flows/training` in a page or its worker: configurations and presets, runs in files, and training.

export { resumeRun, startRun } from '../runs/open/run.web.ts';
export { listPrivateFiles, privateFiles, removePrivateFiles } from '../storage/privateFiles.web.ts';
export * from './shared/training.ts';
