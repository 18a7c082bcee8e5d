// `emerging-flows` in a page or its worker: load and use a trained model; measure, compare and diagnose models; errors.

export { loadModel } from '../model/loading/loadModel.web.ts';
export type { RuntimeFiles } from '../tensor/engine/devices/providers.web.ts';
export { configureRuntime, type RuntimeOptions } from '../tensor/engine/runtime.web.ts';
export * from './shared/index.ts';
