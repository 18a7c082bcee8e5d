// `emerging-flows` in a page or its worker: load and use a trained model; measure, compare and diagnose models; errors.

export type { RuntimeFiles } from '../engine/devices/providers.web.ts';
export { configureRuntime, type RuntimeOptions } from '../engine/runtime.web.ts';
export { loadModel } from '../trained/loading/loadModel.web.ts';
export * from './shared/index.ts';
