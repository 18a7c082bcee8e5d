// The limits of the doctor: what is measured, the thresholds, and their reasons. See also docs/doctor.md.
import { call, option, type Phrase, phrase } from '../../errors.ts';

/** The key of a measurement. */
export type LimitName =
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

/** A measurement, and the values beyond which it is reported. */
export interface Limit {
  /** The key of the measurement in the report. */
  readonly name: LimitName;
  /** Whether it is measured per layer or for the model as a whole. */
  readonly of: 'layer' | 'model';
  /** The measurement in words. */
  readonly what: string;
  /** Whether larger values are worse, or smaller ones. */
  readonly worse: 'larger' | 'smaller';
  /** Beyond this the model is wrong; undefined if no value means that. */
  readonly problem?: number;
  /** Beyond this it is worth a look, though the model may be right; undefined if there is no such range. */
  readonly warning?: number;
  /** The reason for the limits. */
  readonly why: string;
  /** What to do about it. */
  readonly advice: string | Phrase;
}

const lowerRate = 'train with a lower training.learningRate or a longer warm-up';

const exactRemedy = phrase`store corrections with ${call('verify')}, which recovers all; a new model with model.scaleFloor loses fewer`;

/** Every limit: those of single layers, then those of the whole model. */
export const limits: readonly Limit[] = [
  {
    name: 'nonFiniteWeights',
    of: 'layer',
    what: 'weights not finite',
    worse: 'larger',
    problem: 0,
    why: 'one NaN reaches every image',
    advice: `go back to an earlier checkpoint, and ${lowerRate}`,
  },
  {
    name: 'smallestDiagonal',
    of: 'layer',
    what: 'smallest |diagonal|',
    worse: 'smaller',
    problem: 1e-4,
    warning: 0.05,
    why: 'the inverse amplifies rounding by its reciprocal, in emerging convolutions at every pixel; all start above 0.2',
    advice: `${lowerRate}, or use model.mixing=1x1-plu, whose diagonal cannot reach zero`,
  },
  {
    name: 'conditionNumber',
    of: 'layer',
    what: 'condition number',
    worse: 'larger',
    problem: 1e6,
    warning: 1e3,
    why: 'the inverse loses log10 of it in digits, and float32 has seven',
    advice: lowerRate,
  },
  {
    name: 'roundTripError',
    of: 'layer',
    what: 'round trip, relative to the largest |x|',
    worse: 'larger',
    problem: 1e-3,
    warning: 1e-4,
    why: 'sound layers lose 1e-6; half a grey level is 2e-3',
    advice: `${lowerRate}; if nothing else is wrong with the layer, its inverse is`,
  },
  {
    name: 'logDetError',
    of: 'layer',
    what: 'ln|det| error, nats/dimension',
    worse: 'larger',
    problem: 1e-4,
    why: 'correct formulas agree to 1e-8; this much is below the last digit of any reported likelihood',
    advice: 'its formula is wrong, and so is every likelihood: see checkBijection',
  },
  {
    name: 'logDetRounding',
    of: 'layer',
    what: 'ln|det| rounding, nats/dimension',
    worse: 'larger',
    problem: 1e-3,
    warning: 1e-4,
    why: 'sound layers lose 1e-7; more shows in reported likelihoods',
    advice: lowerRate,
  },
  {
    name: 'noiseOutside',
    of: 'model',
    what: 'dequantisation noise outside [0, 1)',
    worse: 'larger',
    problem: 0,
    why: 'v + u must stay in the pixel v: otherwise bits/dim is not a bound on the probability of the image',
    advice: 'the flow of the noise is wrong, and so is every likelihood',
  },
  {
    name: 'noiseDensityError',
    of: 'model',
    what: 'density of the noise, nats/dimension',
    worse: 'larger',
    problem: 1e-3,
    warning: 1e-4,
    why: 'sound models differ by 1e-6, the rounding of float32; more shows in reported likelihoods',
    advice: `its formula is wrong, and so is every likelihood; or weights are so large that float32 does not suffice: ${lowerRate}`,
  },
  {
    name: 'wrongPixelShare',
    of: 'model',
    what: 'pixels not recovered',
    worse: 'larger',
    problem: 1e-3,
    warning: 0,
    why: 'encoding loses nothing but rounding, far below half a grey level',
    advice: 'see the layer with the largest round trip',
  },
  {
    name: 'lostHardImages',
    of: 'model',
    what: 'hard images not recovered in float32',
    worse: 'larger',
    warning: 0,
    why: 'no flow guarantees that every image returns in floating point; unlike pixels not recovered, this is not a sign of bad training',
    advice: phrase`encode with ${option('precision', 'float64')}, which recovers more; ${exactRemedy}`,
  },
  {
    name: 'lostHardImagesInFloat64',
    of: 'model',
    what: 'hard images not recovered in float64',
    worse: 'larger',
    warning: 0,
    why: 'the inverse of a coupling divides by a scale that may be too small for any precision',
    advice: exactRemedy,
  },
  {
    name: 'latentMean',
    of: 'model',
    what: "|mean| of a level's latents",
    worse: 'larger',
    problem: 10,
    warning: 0.5,
    why: 'near 0 under the prior from the start; beyond 10 the latents do not match the prior',
    advice: 'train longer; if it persists, the images differ from those that the model was trained on',
  },
  {
    name: 'latentVariance',
    of: 'model',
    what: "variance of a level's latents, or 1 over it",
    worse: 'larger',
    problem: 100,
    warning: 4,
    why: 'near 1 under the prior from the start; beyond 100 the latents do not match the prior',
    advice: 'train longer; if it persists, the images differ from those that the model was trained on',
  },
  {
    name: 'bitsPerDim',
    of: 'model',
    what: 'bits/dim over the bits of a pixel',
    worse: 'larger',
    problem: 100,
    warning: 1,
    why: 'at 1 the model is no better than uniform noise',
    advice: phrase`train longer, or examine the raw weights with ${option('weights', 'raw')}`,
  },
  {
    name: 'explodedSamples',
    of: 'model',
    what: 'samples far out of range',
    worse: 'larger',
    warning: 0.05,
    why: 'latents drawn from the prior should rarely lead where the model was never trained',
    advice: 'train longer, or sample at a lower temperature',
  },
];

/** The limit of a measurement. */
export function limitOf(name: LimitName): Limit {
  return limits.find((limit) => limit.name === name)!;
}
