// `emerging-flows`: load and use a trained model; measure, compare, diagnose and export models; errors.

export { loadModel } from '../model/loading/loadModel.ts';
export { listDevices } from '../tensor/engine/listDevices.node.ts';
export { exportModel, exportPrograms, roundWeights } from '../uses/export/index.ts';
export * from './shared/index.ts';
export { Latents } from './shared/latents.node.ts';
