// Round trips of images unlike those that the model was trained on: how many do not return, and the smallest change.
import { type ImageSet, readAll } from '../../data/contract/dataset.ts';
import { reduceBits, requireEightBits, toFullRange } from '../../data/pixels/bitDepth.ts';
import { type Precision, precisions } from '../../engine/onnx/emitter.ts';
import type { CompileOptions } from '../../engine/program.ts';
import { releaseAfter } from '../../engine/resources.ts';
import { dimensionsOf } from '../../numeric/imageShape.ts';
import { meanCondition } from '../../trained/model/conditions.ts';
import { FlowModel } from '../../trained/model/flowModel.ts';
import type { TrainedModel } from '../../trained/model/trainedModel.ts';
import type { WorkOptions } from '../../trained/model/workOptions.ts';
import { changedImages, chosenImages, type HardKind } from './hardImages.ts';

/** Images changed in one way, and how many of them do not return. */
export interface HardImages {
  /**
   * `unchanged`; `inverted`; with uniform `noise`; or `chosen`: each pixel moved against the model, in the direction that
   * makes its inverse amplify rounding more.
   */
  readonly kind: HardKind;
  /** The largest change of a pixel in grey levels, of which a pixel of b bits has 2^b. */
  readonly change: number;
  /** How many of the images do not return every pixel, by the precision of encoding and decoding. */
  readonly lost: Readonly<Record<Precision, number>>;
}

/** Round trips of changed images. */
export interface HardImagesExamination {
  /** How many images were changed in each way. */
  readonly images: number;
  /** Each way, and the unchanged images. */
  readonly kinds: readonly HardImages[];
  /**
   * The smallest of the tried changes after which an image does not return: the largest change of one of its pixels in
   * grey levels, by precision; null if all images return. A smaller one may exist.
   */
  readonly smallestChange: Readonly<Record<Precision, number | null>>;
}

/** How hard images are examined. Progress counts the ways in which they are changed. */
export interface HardImagesOptions extends CompileOptions, WorkOptions {
  /** The seed of the noise. */
  readonly seed: number;
}

/** Changes images in several ways, and encodes and decodes them in float32 and in float64. */
export function examineHardImages(
  trained: TrainedModel,
  images: ImageSet,
  { seed, signal, onProgress, ...options }: HardImagesOptions,
): Promise<HardImagesExamination> {
  return releaseAfter(async (keep) => {
    const { imageShape } = trained.model;
    const { bits = 8 } = trained.model.values;
    const size = dimensionsOf(imageShape);
    const levels = reduceBits(requireEightBits(readAll(images), 'examining hard images'), bits);
    const condition = meanCondition(trained.model);
    const flow = keep(new FlowModel(trained, { ...options, precision: 'float32' }));
    const changed = [
      ...changedImages(levels, { bits, seed }),
      ...(await chosenImages(trained, levels, options)),
    ];
    const smallest: Record<Precision, number | null> = { float32: null, float64: null };
    const kinds: HardImages[] = [];
    for (const { kind, levels: other } of changed) {
      const changes = largestChanges(levels, other, size);
      const pixels = toFullRange(other, bits);
      const lost: Record<Precision, number> = { float32: 0, float64: 0 };
      for (const precision of precisions) {
        const latents = await flow.encode(pixels, { condition, precision, signal });
        const { inexact } = await flow.verify(pixels, latents, { condition, signal });
        lost[precision] = inexact.length;
        for (const image of inexact) {
          smallest[precision] = Math.min(smallest[precision] ?? Number.POSITIVE_INFINITY, changes[image]!);
        }
      }
      kinds.push({ kind, change: Math.max(...changes), lost });
      onProgress?.(kinds.length, changed.length);
    }
    return { images: images.count, kinds, smallestChange: smallest };
  });
}

/** The largest change of a pixel in each image. */
function largestChanges(before: Uint8Array, after: Uint8Array, size: number): number[] {
  const changes = new Array<number>(before.length / size).fill(0);
  before.forEach((level, index) => {
    const image = Math.floor(index / size);
    changes[image] = Math.max(changes[image]!, Math.abs(after[index]! - level));
  });
  return changes;
}
