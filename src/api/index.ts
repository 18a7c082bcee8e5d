// `emerging-flows`: load and use a trained model; measure, compare, diagnose and export models; errors.

export { type DeviceReport, listDevices } from '../engine/listDevices.node.ts';
export { type ExportedModel, type ExportOptions, exportModel } from '../evaluation/export/exportModel.ts';
export { type ExportedPrograms, exportPrograms } from '../evaluation/export/exportPrograms.ts';
export {
  type EncodedFrom,
  type NamedLatents,
  readLatents,
  type StoredLatents,
  writeLatents,
} from '../trained/loading/latentsFile.ts';
export { loadModel } from '../trained/loading/loadModel.ts';
export * from './shared/index.ts';
