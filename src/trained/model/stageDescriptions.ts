// The stages of a model as its users see them: where each is, and what it makes of images.
import type { Flow } from '../../models/flow.ts';
import type { StagePlace } from '../../models/stages.ts';
import type { ImageShape } from '../../numeric/imageShape.ts';
import type { NdArray } from '../../numeric/ndarray.ts';

/** A stage of a model: a squeeze, a flow step, a split or the top prior. */
export interface StageDescription extends StagePlace {
  /** The shape of each image that it passes on; missing at the top. */
  readonly outputShape?: ImageShape;
  /** The shape of the latent ε of each image, if it factors one out. */
  readonly latentShape?: ImageShape;
}

/** What a stage makes of a batch of images. */
export interface StageImages extends StageDescription {
  /** The images that it passes on, `[N, H, W, C]`; missing at the top. */
  readonly output?: NdArray;
  /** The latents ε that it factors out, if any, `[N, H, W, C]`. */
  readonly latent?: NdArray;
}

/** The stages of a model, in the order of encoding. */
export function stagesOf({ stages }: Flow): StageDescription[] {
  return stages.map(({ stage: { outputShape, latentShape }, ...place }) => ({
    ...place,
    ...(outputShape && { outputShape }),
    ...(latentShape && { latentShape }),
  }));
}
