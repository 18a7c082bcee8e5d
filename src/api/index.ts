// `emerging-flows`: load and use a trained model; measure, compare, diagnose and export models; errors.

export {
  type EncodedFrom,
  type NamedLatents,
  readLatents,
  type StoredLatents,
  writeLatents,
} from '../model/loading/latentsFile.ts';
export { loadModel } from '../model/loading/loadModel.ts';
export { type DeviceReport, listDevices } from '../tensor/engine/listDevices.node.ts';
export {
  type ExportedModel,
  type ExportedPrograms,
  type ExportOptions,
  exportModel,
  exportPrograms,
  type RoundedWeights,
  roundWeights,
} from '../uses/export/index.ts';
export * from './shared/index.ts';
