// The manifest of an exported model: its shapes, the inputs and outputs of its files, how to call them.

import { countDimensions } from '../../core/numeric/index.ts';
import { CLASSES, countTrained } from '../../flows/contract/index.ts';
import type { Flow } from '../../flows/models/index.ts';
import { hasNormalLatents, noiseShape } from '../../flows/priors/index.ts';
import { checksumOfFile, manifestText, WEIGHTS_FILE } from '../../model/loading/index.ts';
import { SCORES_FILE } from '../../model/referenceScores.ts';
import { latentName, noiseName } from './exportPrograms.ts';

/** An input or output of an ONNX file. */
interface Port {
  readonly name: string;
  readonly type: 'float32' | 'uint8';
  /** The lengths of the axes; `N` is any number of images, the same for all. */
  readonly shape: readonly (number | 'N')[];
  /** The smallest and the largest value; omitted if any real number may occur. */
  readonly range?: readonly [number, number];
  readonly what: string;
}

/** Where the weights come from. */
export interface ModelOrigin {
  /** The preset of the run; null if it had none. */
  readonly preset: string | null;
  /** The images it was trained on. */
  readonly dataset: string;
  /** The number of steps. */
  readonly step: number;
  /** Averaged over the training, or raw after the last update. */
  readonly weights: string;
  /** The measurements of these weights, and on which images; under `natsPerValue` for a continuous model. */
  readonly bitsPerDim?: readonly Readonly<Record<string, unknown>>[];
  /** How the weights were rounded after these measurements, and what that costs; missing if they are in float32. */
  readonly rounding?: object;
}

/** The file of an export that turns normal numbers into the noise of images; only for variational dequantisation. */
export const DEQUANTISER_FILE = 'dequantiser.onnx';

/** The file of an export that turns normal numbers into latents; only if a prior is not Gaussian. */
export const PRIOR_FILE = 'prior.onnx';

/**
 * The manifest of a model's export, as JSON text.
 *
 * @param contents the files that it lists, by name, with their sizes and checksums
 */
export function exportManifest(
  model: Flow,
  origin: ModelOrigin,
  contents: Readonly<Record<string, Uint8Array | string>>,
): string {
  const { imageShape, latentShapes, options } = model;
  const latents = latentShapes.map((shape, index) => ({ name: latentName(index), shape }));
  const manifest = {
    format: 'emerging-flows',
    formatVersion: 1,
    image: { shape: imageShape, axes: ['height', 'width', 'channel'], ...describeValues(model) },
    latents,
    ...(model.classes.length > 0 && { classes: model.classes }),
    ...(conditionNames(model).length > 0 && { conditions: conditionNames(model) }),
    trained: origin,
    model: options,
    files: Object.fromEntries(
      Object.entries(contents).map(([name, content]) => [
        name,
        { ...checksumOfFile(content), ...about[name]?.(model) },
      ]),
    ),
  };
  return manifestText(manifest);
}

/** The entry of each file. */
const about: Readonly<Record<string, (model: Flow) => object>> = {
  'encoder.onnx': (model) => ({ ...encoderPorts(model), howToCall: howToEncode(model) }),
  'sampler.onnx': (model) => ({ ...samplerPorts(model), howToCall: howToSample(model) }),
  [DEQUANTISER_FILE]: (model) => ({ ...dequantiserPorts(model), howToCall: howToDequantise(model) }),
  [PRIOR_FILE]: (model) => ({ ...priorPorts(model), howToCall: howToDraw }),
  [WEIGHTS_FILE]: ({ parameters }) => ({
    what: 'the weights: in float32 by path or, if they were rounded, in fewer bits for emerging-flows; the ONNX files hold their own copy',
    trainedParameters: countTrained(parameters),
  }),
  [SCORES_FILE]: () => ({
    what: 'statistics of the validation images, one number for each: bits are bits/dim (of a continuous model, bits per value of their density)',
  }),
};

function latentPorts(model: Flow, purpose: string): Port[] {
  return model.latentShapes.map((shape, index) => ({
    name: latentName(index),
    type: 'float32',
    shape: ['N', ...shape],
    what: `${purpose}, ${index === model.latentShapes.length - 1 ? 'the top' : `the split of level ${index}`}`,
  }));
}

/** What the values of images are: whole numbers of some bits, or real numbers. */
function describeValues({ values: { bits, kind } }: Flow): { bits: number } | { values: string } {
  return bits === undefined ? { values: kind } : { bits };
}

/** The images that programs take. */
function imagePort({ imageShape, values: { bits } }: Flow): Port {
  return {
    name: 'image',
    type: 'float32',
    shape: ['N', ...imageShape],
    ...(bits === undefined
      ? { what: 'real numbers, as in the training images: the program standardises them' }
      : { range: [0, 2 ** bits - 1] as const, what: `whole numbers: ${fromEightBit(bits)}` }),
  };
}

function encoderPorts(model: Flow): { inputs: Port[]; outputs: Port[] } {
  const shape = ['N', ...model.imageShape] as const;
  return {
    inputs: [
      imagePort(model),
      ...(isContinuous(model)
        ? []
        : [
            {
              name: 'noise',
              type: 'float32',
              shape,
              range: [0, 1],
              what: `below 1: 0.5 everywhere for the latents of an image, for its likelihood ${
                drawsUniformly(model) ? 'uniform draws' : `u of ${DEQUANTISER_FILE}`
              }`,
            } as const,
          ]),
      ...conditionPorts(model),
    ],
    outputs: [
      ...latentPorts(
        model,
        `${hasNormalLatents(model) ? 'standard normal' : `distributed like the output of ${PRIOR_FILE}`} over images drawn from the model${
          isContinuous(model) ? '' : ' with random noise; less spread with noise 0.5'
        }`,
      ),
      {
        name: 'logLikelihood',
        type: 'float32',
        shape: ['N'],
        what: isContinuous(model)
          ? `the log-density of each image${given(model)}, in nats`
          : drawsUniformly(model)
            ? `a bound on the log-probability of each image of whole numbers${given(model)}, in nats`
            : `the log-density of the image with this noise${given(model)}, in nats; subtract the log-density of the noise from ${DEQUANTISER_FILE}`,
      },
    ],
  };
}

/** Whether a model takes real numbers, without noise. */
function isContinuous({ values }: Flow): boolean {
  return values.bits === undefined;
}

/** Whether the noise of likelihoods is uniform draws; otherwise a flow in a file of its own makes it. */
function drawsUniformly({ dequantiser }: Flow): boolean {
  return dequantiser.flow === undefined;
}

/** The inputs of the conditions of the model, if it has any. */
function conditionPorts(model: Flow): Port[] {
  return Object.entries(model.condition).map(([name, shape]) => ({
    name,
    type: 'float32',
    shape: ['N', ...shape],
    ...(name === CLASSES
      ? {
          range: [0, 1] as const,
          what: 'the class of each image as a row of zeros with a 1 at its number, from 0: its place in the list classes of this file',
        }
      : { what: `the condition ${name} of each image, as it is: ${describeCondition(shape)}` }),
  }));
}

/** What the values of a condition are, by their shape. */
function describeCondition(shape: readonly number[]): string {
  const count = shape.at(-1)!;
  return shape.length > 1
    ? `an image of ${count} channel${count === 1 ? '' : 's'}`
    : count === 1
      ? 'a number'
      : `${count} numbers`;
}

function samplerPorts(model: Flow): { inputs: Port[]; outputs: Port[] } {
  const shape = ['N', ...model.imageShape] as const;
  return {
    inputs: [
      ...latentPorts(
        model,
        `${hasNormalLatents(model) ? 'standard normal draws' : `the output of ${PRIOR_FILE}`}, or the output of the encoder`,
      ),
      {
        name: 'temperature',
        type: 'float32',
        shape: [1],
        what: '0 or more; all latents are multiplied by it: 1 is the model itself, below 1 gives less varied images',
      },
      ...conditionPorts(model),
    ],
    outputs: [
      model.values.bits === undefined
        ? { name: 'image', type: 'float32', shape, what: 'real numbers; NaN where the model diverged' }
        : model.values.bits > 8
          ? {
              name: 'image',
              type: 'float32',
              shape,
              range: [0, 2 ** model.values.bits - 1],
              what: 'the pixels as whole numbers, rounded down and clipped',
            }
          : {
              name: 'image',
              type: 'uint8',
              shape,
              range: [0, 255],
              what: 'the pixels, rounded down and clipped',
            },
      {
        name: 'values',
        type: 'float32',
        shape,
        what: isContinuous(model)
          ? 'the same standardised: less the mean of the channel, over its deviation'
          : 'the same before rounding, -0.5 to 0.5 for most; NaN where the model diverged',
      },
    ],
  };
}

/** The inputs of a likelihood other than the image, after its name. */
function given(model: Flow): string {
  const isConditioned = conditionNames(model).length > 0;
  return model.classes.length > 0
    ? ` given its class${isConditioned ? ' and condition' : ''}`
    : isConditioned
      ? ' given its condition'
      : '';
}

/** The names of a model's conditions except the classes. */
function conditionNames({ condition }: Flow): string[] {
  return Object.keys(condition).filter((name) => name !== CLASSES);
}

function dequantiserPorts(model: Flow): { inputs: Port[]; outputs: Port[] } {
  const shape = ['N', ...model.imageShape] as const;
  return {
    inputs: [imagePort(model), { name: 'noise', type: 'float32', shape, what: 'standard normal draws' }],
    outputs: [
      { name: 'u', type: 'float32', shape, range: [0, 1], what: 'the noise of encoder.onnx' },
      {
        name: 'logDensity',
        type: 'float32',
        shape: ['N'],
        what: 'the logarithm of the density of u given the image, in nats',
      },
    ],
  };
}

function priorPorts(model: Flow): { inputs: Port[]; outputs: Port[] } {
  return {
    inputs: model.priors.map(({ base, latentShape }, index) => ({
      name: noiseName(index),
      type: 'float32',
      shape: ['N', ...noiseShape(base, latentShape)],
      what: 'standard normal draws',
    })),
    outputs: latentPorts(model, 'drawn from the prior'),
  };
}

const howToDraw: readonly string[] = [
  'Draw every number of every input from the standard normal distribution. Pass the outputs to sampler.onnx.',
];

function howToDequantise(model: Flow): string[] {
  const { imageShape, condition } = model;
  const inputs = Object.keys(condition);
  return [
    `For the likelihood of images, draw noise from the standard normal distribution, and pass the same image and u, as noise, to encoder.onnx${inputs.length === 0 ? '' : `, with ${inputs.join(' and ')}: u does not depend on ${inputs.length === 1 ? 'it' : 'them'}`}.`,
    `logLikelihood - logDensity is the variational bound on the log-probability of each image${given(model)}; take its mean over several draws.`,
    `bits/dim = -(logLikelihood - logDensity) / (${countDimensions(imageShape)} ln 2).`,
    'The logarithm of the mean of exp(logLikelihood - logDensity) over the draws is a tighter bound.',
  ];
}

function howToEncode(model: Flow): string[] {
  const { imageShape, classes } = model;
  const { bits } = model.values;
  const isUniform = drawsUniformly(model);
  if (bits === undefined) {
    return [
      'image: the values as float32, not standardised. The outputs are the latents; pass them to sampler.onnx with temperature 1 to recover the image up to rounding.',
      `nats/value = -logLikelihood / ${countDimensions(imageShape)}, the density in the unit of the values.`,
      ...conditionSteps(model),
      ...classSteps(classes),
    ];
  }
  return [
    `image: the pixels as float32, ${fromEightBit(bits)}; noise: 0.5 everywhere. The outputs are the latents.`,
    'Pass them to sampler.onnx with temperature 1 to recover the image. In float32, unusual images may differ in some pixels.',
    isUniform
      ? 'For the likelihood, draw noise uniformly from [0, 1) and take the mean of logLikelihood over several draws.'
      : `For the likelihood take the noise from ${DEQUANTISER_FILE}, as the model was trained; with uniform noise the bound is looser.`,
    `bits/dim = ${
      isUniform ? '-logLikelihood' : '-(logLikelihood - logDensity)'
    } / (${countDimensions(imageShape)} ln 2).`,
    ...conditionSteps(model),
    ...classSteps(classes, {
      noise: ', with the same noise',
      density: isUniform ? '' : `, plus logDensity of ${DEQUANTISER_FILE}`,
    }),
  ];
}

/** How to pass the condition of a model, if it depends on one. */
function conditionSteps(model: Flow): string[] {
  const names = conditionNames(model);
  return names.length === 0
    ? []
    : [
        `${names.join(' and ')}: the condition of each image, in the units of the training images. Pass the same to sampler.onnx to recover the image.`,
      ];
}

/** How to use the classes of a model, if it has any. */
function classSteps(classes: readonly string[], { noise, density } = { noise: '', density: '' }): string[] {
  return classes.length === 0
    ? []
    : [
        'classes: the class of each image. Pass the same to sampler.onnx to recover the image, another one to move it to that class.',
        `p(class | image) is exp(logLikelihood) under the class over the sum of that under all ${classes.length} classes${noise}; -log p(image) is -ln of that sum / ${classes.length}${density}.`,
      ];
}

function howToSample(model: Flow): string[] {
  const { classes, values } = model;
  const { bits } = values;
  const inputs = conditionNames(model);
  return [
    hasNormalLatents(model)
      ? 'Draw every number of every latent from the standard normal distribution and choose a temperature, such as 0.8.'
      : `Draw the latents with ${PRIOR_FILE} and choose a temperature, such as 0.8.`,
    ...(classes.length === 0 ? [] : ['classes: the class of each image to draw.']),
    ...(inputs.length === 0
      ? []
      : [
          `${inputs.join(' and ')}: the condition of each image to draw, in the units of the training images.`,
        ]),
    bits === undefined
      ? 'image: real numbers, as encoder.onnx takes them.'
      : bits > 8
        ? `image: pixels of ${bits} bits, as encoder.onnx takes them.`
        : `image: 8-bit pixels for viewing${bits === 8 ? '' : `; encoder.onnx takes them back as v >> ${8 - bits}`}.`,
  ];
}

/** How an 8-bit pixel v is converted for the encoder. */
function fromEightBit(bits: number): string {
  if (bits > 8) {
    return bits === 16 ? '16-bit pixels' : `16-bit pixels v reduced to ${bits} bits, v >> ${16 - bits}`;
  }
  return bits === 8 ? '8-bit pixels' : `8-bit pixels v reduced to ${bits} bits, v >> ${8 - bits}`;
}
