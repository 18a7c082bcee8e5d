// `emerging-flows` in a page or its worker: load and use a trained model; measure, compare and diagnose models; errors.

export { Latents } from '../model/index.ts';
export { loadModel } from '../model/loading/loadModel.web.ts';
export { configureRuntime } from '../tensor/engine/runtime.web.ts';
export * from './shared/index.ts';
