// `emerging-flows`: load and use a trained model; measure, compare, diagnose and export models; errors.

export { loadModel, type StoredLatents } from '../model/loading/index.node.ts';
export { type DeviceReport, listDevices } from '../tensor/engine/listDevices.node.ts';
export {
  type ExportedModel,
  type ExportedPrograms,
  exportModel,
  exportPrograms,
  type RoundedWeights,
  roundWeights,
} from '../uses/export/index.ts';
export * from './shared/index.ts';
export { Latents } from './shared/latents.node.ts';
