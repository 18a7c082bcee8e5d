// The checks of the doctor: what each measures, its limits and their reasons, and what to do. See also docs/doctor.md.

import { call, option, type Phrase, phrase } from '../../core/errors.ts';
import { DEQUANTISER } from '../../flows/models/index.ts';
import type { Precision } from '../../tensor/engine/index.ts';
import type { HardImagesExamination } from './examineHardImages.ts';
import { LARGEST_LOG_DET_ERROR, type LayerExamination } from './examineLayer.ts';
import type { LatentStatistics, Reconstruction, SampleStatistics } from './examineModel.ts';
import type { NoiseStatistics } from './examineNoise.ts';

/** The key of a check. */
export type CheckName =
  | 'nonFiniteWeights'
  | 'smallestDiagonal'
  | 'conditionNumber'
  | 'roundTripError'
  | 'logDetError'
  | 'logDetRounding'
  | 'noiseOutside'
  | 'noiseDensityError'
  | 'wrongPixelShare'
  | 'lostHardImages'
  | 'lostHardImagesInFloat64'
  | 'latentMean'
  | 'latentVariance'
  | 'bitsPerDim'
  | 'explodedSamples';

/** One number measured on a layer, or on the model as a whole. */
export interface Measurement {
  /** The check that it is for. */
  readonly name: CheckName;
  /** The path of the layer; `model` for the model as a whole. */
  readonly layer: string;
  /** What was measured. */
  readonly value: number;
  /** The measurement in words; by default the check's. */
  readonly what?: string;
  /** For a count: of how many. */
  readonly total?: number;
  /** The uncertainty of the value, which is allowed for. */
  readonly uncertainty?: number;
  /** Whether other images, noise or random directions would give another value; missing if not. */
  readonly estimated?: boolean;
}

/** The measurements of a model as a whole. */
interface ModelMeasurements {
  /** The bits of a value; undefined for real numbers. */
  readonly bits: number | undefined;
  readonly noise: NoiseStatistics | null;
  readonly reconstruction: Reconstruction;
  readonly hardImages: HardImagesExamination | null;
  readonly latents: readonly LatentStatistics[];
  readonly samples: SampleStatistics;
  readonly bitsPerDim: { readonly mean: number };
}

type Measured = Omit<Measurement, 'name' | 'layer'> & { readonly layer?: string };

/** A check: a measurement, and the values beyond which it is reported. */
export interface Check {
  readonly name: CheckName;
  /** The measurement in words. */
  readonly what: string;
  /** Whether larger values are worse, or smaller ones. */
  readonly worse: 'larger' | 'smaller';
  /** Beyond this the model is wrong; undefined if no value means that. */
  readonly problem?: number;
  /** Beyond this it is worth a look, though the model may be right; undefined if there is no such range. */
  readonly warning?: number;
  /** Whether values are shares, shown in percent. */
  readonly share?: true;
  /** The reason for the limits. */
  readonly why: string;
  /** What to do about it. */
  readonly advice: string | Phrase;
}

interface LayerCheck extends Check {
  /** The heading of its column in a table of layers; missing if it has none. */
  readonly title?: string;
  measure(layer: LayerExamination): readonly Measured[];
}

interface ModelCheck extends Check {
  measure(model: ModelMeasurements): readonly Measured[];
}

const lowerRate = 'train with a lower training.learningRate or a longer warm-up';

const exactRemedy = phrase`store corrections with ${call('verify')}, which recovers all; a new model with model.coupling.scaleFloor loses fewer`;

/** The checks of each layer. */
export const layerChecks: readonly LayerCheck[] = [
  {
    name: 'nonFiniteWeights',
    what: 'weights not finite',
    worse: 'larger',
    problem: 0,
    why: 'one NaN reaches every image',
    advice: `go back to an earlier checkpoint, and ${lowerRate}`,
    measure: ({ nonFiniteWeights }) =>
      nonFiniteWeights.length === 0
        ? [{ value: 0 }]
        : nonFiniteWeights.map(({ parameter, index, value, count }) => ({
            value: count,
            what: `weights not finite in ${parameter}, the first ${value} at [${index.join(', ')}]`,
          })),
  },
  {
    name: 'smallestDiagonal',
    title: '|diagonal|',
    what: 'smallest |diagonal|',
    worse: 'smaller',
    problem: 1e-4,
    warning: 0.05,
    why: 'the inverse amplifies rounding by its reciprocal, in emerging convolutions at every pixel; all start above 0.2',
    advice: `${lowerRate}, or use model.mixing=1x1-plu, whose diagonal cannot reach zero`,
    measure: (layer) => optionalMeasurement(layer.smallestDiagonal),
  },
  {
    name: 'conditionNumber',
    title: 'condition',
    what: 'condition number',
    worse: 'larger',
    problem: 1e6,
    warning: 1e3,
    why: 'the inverse loses log10 of it in digits, and float32 has seven',
    advice: lowerRate,
    measure: (layer) => optionalMeasurement(layer.conditionNumber),
  },
  {
    name: 'roundTripError',
    title: 'round trip',
    what: 'round trip, relative to the largest |x|',
    worse: 'larger',
    problem: 1e-3,
    warning: 1e-4,
    why: 'sound layers lose 1e-6; half a grey level is 2e-3',
    advice: `${lowerRate}; if nothing else is wrong with the layer, its inverse is`,
    measure: (layer) => optionalMeasurement(layer.roundTripError),
  },
  {
    name: 'logDetError',
    title: 'ln|det| error',
    what: 'ln|det| error, nats/dimension',
    worse: 'larger',
    problem: LARGEST_LOG_DET_ERROR,
    why: 'correct formulas agree to 1e-8; this much is below the last digit of any reported likelihood',
    advice: 'its formula is wrong, and so is every likelihood: see check in emerging-flows/flows',
    measure: ({ logDetError, logDetUncertainty, logDetEstimated }) =>
      optionalMeasurement(logDetError, {
        uncertainty: logDetUncertainty ?? 0,
        estimated: logDetEstimated === true,
      }),
  },
  {
    name: 'logDetRounding',
    title: 'rounding',
    what: 'ln|det| rounding, nats/dimension',
    worse: 'larger',
    problem: 1e-3,
    warning: 1e-4,
    why: 'sound layers lose 1e-7; more shows in reported likelihoods',
    advice: lowerRate,
    measure: (layer) => optionalMeasurement(layer.logDetRounding),
  },
];

/** The checks of the model as a whole. */
const modelChecks: readonly ModelCheck[] = [
  {
    name: 'noiseOutside',
    what: 'dequantisation noise outside [0, 1)',
    worse: 'larger',
    problem: 0,
    why: 'v + u must stay in the pixel v: otherwise bits/dim is not a bound on the probability of the image',
    advice: 'the flow of the noise is wrong, and so is every likelihood',
    share: true,
    measure: ({ noise }) => (noise ? [{ layer: DEQUANTISER, value: noise.outsideShare }] : []),
  },
  {
    name: 'noiseDensityError',
    what: 'density of the noise, nats/dimension',
    worse: 'larger',
    problem: 1e-3,
    warning: 1e-4,
    why: 'sound models differ by 1e-6, the rounding of float32; more shows in reported likelihoods',
    advice: `its formula is wrong, and so is every likelihood; or weights are so large that float32 does not suffice: ${lowerRate}`,
    measure: ({ noise }) => (noise ? [{ layer: DEQUANTISER, value: noise.densityError }] : []),
  },
  {
    name: 'wrongPixelShare',
    what: 'pixels not recovered',
    worse: 'larger',
    problem: 1e-3,
    warning: 0,
    why: 'encoding loses nothing but rounding, far below half a grey level',
    advice: 'see the layer with the largest round trip',
    share: true,
    measure: ({ reconstruction }) => [{ value: 1 - reconstruction.exactPixelShare }],
  },
  {
    name: 'lostHardImages',
    what: 'hard images not recovered in float32',
    worse: 'larger',
    warning: 0,
    why: 'no flow guarantees that every image returns in floating point; unlike pixels not recovered, this is not a sign of bad training',
    advice: phrase`encode with ${option('precision', 'float64')}, which recovers more; ${exactRemedy}`,
    measure: ({ hardImages }) => countLost(hardImages, 'float32'),
  },
  {
    name: 'lostHardImagesInFloat64',
    what: 'hard images not recovered in float64',
    worse: 'larger',
    warning: 0,
    why: 'the inverse of a coupling divides by a scale that may be too small for any precision',
    advice: exactRemedy,
    measure: ({ hardImages }) => countLost(hardImages, 'float64'),
  },
  {
    name: 'latentMean',
    what: "|mean| of a level's latents",
    worse: 'larger',
    problem: 10,
    warning: 0.5,
    why: 'near 0 under the prior from the start; beyond 10 the latents do not match the prior',
    advice: 'train longer; if it persists, the images differ from those that the model was trained on',
    measure: ({ latents }) =>
      latents.map(({ layer, mean, estimated }) => ({ layer, value: Math.abs(mean), estimated })),
  },
  {
    name: 'latentVariance',
    what: "variance of a level's latents, or 1 over it",
    worse: 'larger',
    problem: 100,
    warning: 4,
    why: 'near 1 under the prior from the start; beyond 100 the latents do not match the prior',
    advice: 'train longer; if it persists, the images differ from those that the model was trained on',
    measure: ({ latents }) =>
      latents.map(({ layer, variance, estimated }) => ({
        layer,
        value: Math.max(variance, 1 / variance),
        estimated,
      })),
  },
  {
    name: 'bitsPerDim',
    what: 'bits/dim over the bits of a pixel',
    worse: 'larger',
    problem: 100,
    warning: 1,
    why: 'at 1 the model is no better than uniform noise',
    advice: phrase`train longer, or examine the raw weights with ${option('weights', 'raw')}`,
    // The density of real numbers has no bits to compare with.
    measure: ({ bits, bitsPerDim }) =>
      bits === undefined ? [] : [{ value: bitsPerDim.mean / bits, estimated: true }],
  },
  {
    name: 'explodedSamples',
    what: 'samples far out of range',
    worse: 'larger',
    warning: 0.05,
    why: 'latents drawn from the prior should rarely lead where the model was never trained',
    advice: 'train longer, or sample at a lower temperature',
    share: true,
    measure: ({ samples }) => [{ value: samples.explodedShare, estimated: true }],
  },
];

/** All checks. */
export const checks: readonly Check[] = [...layerChecks, ...modelChecks];

/** The check with a name. */
export function checkNamed(name: CheckName): Check {
  return checks.find((check) => check.name === name)!;
}

/** The measurements of layers. */
export function measureLayers(layers: readonly LayerExamination[]): Measurement[] {
  return layers.flatMap((layer) =>
    layerChecks.flatMap((check) => nameMeasurements(check, layer.layer, check.measure(layer))),
  );
}

/** The measurements of the model as a whole. */
export function measureModel(model: ModelMeasurements): Measurement[] {
  return modelChecks.flatMap((check) => nameMeasurements(check, 'model', check.measure(model)));
}

function nameMeasurements({ name }: Check, layer: string, measured: readonly Measured[]): Measurement[] {
  return measured.map(({ estimated, ...measurement }) => ({
    name,
    layer,
    ...measurement,
    ...(estimated && { estimated }),
  }));
}

/** A number that may not have been measured. */
function optionalMeasurement(value: number | null, facts: Partial<Measured> = {}): Measured[] {
  return value === null ? [] : [{ value, ...facts }];
}

/** How many of the changed images do not return in a precision. */
function countLost(examination: HardImagesExamination | null, precision: Precision): Measured[] {
  if (examination === null) {
    return [];
  }
  const changed = examination.kinds.filter(({ kind }) => kind !== 'unchanged');
  const value = changed.reduce((sum, { lost }) => sum + lost[precision], 0);
  return [{ value, total: examination.images * changed.length }];
}
