// The doctor: examines every layer of a trained model on real images and the model as a whole, and reports
// problems.
import { type ImageSet, subset } from '../../data/dataset.ts';
import type { CompileOptions } from '../../engine/program.ts';
import { layersOf } from '../../models/layers.ts';
import { type Evaluation, evaluate } from '../measure/evaluate.ts';
import { dequantised } from '../measure/returnedImages.ts';
import { FlowModel } from '../model/flowModel.ts';
import type { TrainedModel } from '../model/trainedModel.ts';
import { examineLayers, type LayerExamination } from './examineLayer.ts';
import {
  examineModel,
  type LatentStatistics,
  type Reconstruction,
  type SampleStatistics,
} from './examineModel.ts';
import { judge, type Measurement, type Verdict } from './judge.ts';

/** How a model is examined. */
export interface DoctorOptions extends CompileOptions {
  /** How many images to use, spread evenly over the dataset; at most its size. */
  readonly images: number;
  /** The seed of random directions, dequantisation and samples. */
  readonly seed?: number;
  /** Called with the number of layers done. */
  onProgress?(layers: number): void;
}

/** All measurements, and the verdict. */
export interface Diagnosis extends Verdict {
  /** Each layer, in the order of encoding. */
  readonly layers: readonly LayerExamination[];
  /** The round trip of the images; positions are those in the dataset. */
  readonly reconstruction: Reconstruction;
  /** The latents of the images, prior by prior. */
  readonly latents: readonly LatentStatistics[];
  /** Samples at temperature 1, as many as there are images. */
  readonly samples: SampleStatistics;
  /** bits/dim of the images with one draw of dequantisation noise. */
  readonly bitsPerDim: BitsPerDimSpread;
}

/** bits/dim of some images. */
export interface BitsPerDimSpread {
  /** Over the images. */
  readonly mean: number;
  /** Over the images. */
  readonly median: number;
  /** The image with the highest bits/dim, and its position in the dataset. */
  readonly worst: Evaluation['worst'];
}

/** Examines a trained model on real images. */
export async function diagnose(
  trained: TrainedModel,
  images: ImageSet,
  { images: wanted, seed = 0, onProgress, ...options }: DoctorOptions,
): Promise<Diagnosis> {
  const { model, parameters } = trained;
  const { bits } = model.options;
  const count = Math.min(wanted, images.count);
  const positions = Array.from({ length: count }, (_, i) => Math.floor((i * images.count) / count));
  const chosen = subset(images, positions);
  const x = await dequantised(chosen, model);
  const { reconstruction, latents, samples } = await examineModel(trained, x, { ...options, seed });
  const flow = new FlowModel(trained, options);
  const { bitsPerDim: mean, median, worst } = await evaluate(flow, chosen, { seed });
  await flow.release();
  const layers = await examineLayers(layersOf(model), parameters, x, {
    ...options,
    seed,
    onLayer: (done) => onProgress?.(done),
  });
  const ofModel = (name: Measurement['name'], value: number, layer = 'model'): Measurement => ({
    name,
    layer,
    value,
  });
  const verdict = judge([
    ...measurementsOf(layers),
    ofModel('wrongPixelShare', 1 - reconstruction.exactPixelShare),
    ...latents.flatMap(({ layer, mean, variance }) => [
      ofModel('latentMean', Math.abs(mean), layer),
      ofModel('latentVariance', Math.max(variance, 1 / variance), layer),
    ]),
    ofModel('bitsPerDim', mean / bits),
    ofModel('explodedSamples', samples.explodedShare),
  ]);
  return {
    ...verdict,
    layers,
    reconstruction: { ...reconstruction, worstImage: positions[reconstruction.worstImage]! },
    latents,
    samples,
    bitsPerDim: { mean, median, worst: { ...worst, index: positions[worst.index]! } },
  };
}

/** The measurements of layers that have a limit. */
export function measurementsOf(layers: readonly LayerExamination[]): Measurement[] {
  return layers.flatMap((layer) => {
    const { nonFiniteWeights, logDetUncertainty } = layer;
    const weights: Measurement[] =
      nonFiniteWeights.length === 0
        ? [{ name: 'nonFiniteWeights', layer: layer.layer, value: 0 }]
        : nonFiniteWeights.map(({ parameter, index, value, count }) => ({
            name: 'nonFiniteWeights',
            layer: layer.layer,
            value: count,
            what: `weights not finite in ${parameter}, the first ${value} at [${index.join(', ')}]`,
          }));
    const measured = (
      ['smallestDiagonal', 'conditionNumber', 'roundTripError', 'logDetError', 'logDetRounding'] as const
    )
      .filter((name) => layer[name] !== null)
      .map((name) => ({
        name,
        layer: layer.layer,
        value: layer[name]!,
        uncertainty: name === 'logDetError' ? (logDetUncertainty ?? 0) : 0,
      }));
    return [...weights, ...measured];
  });
}
