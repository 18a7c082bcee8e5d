// `emerging-flows/training` in a page or its worker: configurations and presets, runs in files, and training.

export { listPrivateFiles, privateFiles, removePrivateFiles } from '../data/files/privateFiles.web.ts';
export { resumeRun, startRun } from '../runs/open/run.web.ts';
export * from './shared/training.ts';
