// `emerging-flows` in a page or its worker: load and use a trained model; errors.

export { configureRuntime, type RuntimeFiles, type RuntimeOptions } from '../engine/runtime.web.ts';
export { UserError, type UserErrorCode } from '../errors.ts';
export {
  type CodingOptions,
  type EncodeOptions,
  FlowModel,
  type FlowModelOptions,
  type LikelihoodOptions,
  type SampleOptions,
} from '../evaluation/model/flowModel.ts';
export { interpolateLatents, type Latents, meanLatents, moveLatents } from '../evaluation/model/latents.ts';
export { type LoadModelOptions, loadModel } from '../evaluation/model/loadModel.web.ts';
export type { ModelFiles } from '../evaluation/model/modelFiles.ts';
export { type TrainedModel, trainedModel } from '../evaluation/model/trainedModel.ts';
export type { ImageShape } from '../numeric/imageShape.ts';
export type { NdArray } from '../numeric/ndarray.ts';
export { RandomStream } from '../numeric/random.ts';
export { type ContactSheetOptions, contactSheet } from '../pictures/contactSheet.ts';
export type { FetchOptions } from '../platform/transfer.ts';
