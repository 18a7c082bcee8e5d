// Splits and the top prior: latents leave the activations for the stack, under their distributions.

import {
  type BitStack,
  countDimensions,
  type ImageShape,
  portableExp,
  portableLog,
} from '../../../core/numeric/index.ts';
import { CLASSES, type Parameters } from '../../../flows/contract/index.ts';
import type { Stage } from '../../../flows/models/index.ts';
import { input } from '../../../tensor/index.ts';
import { concatenate, identity } from '../../../tensor/operations/index.ts';
import { seenBy } from '../maps/coupling.ts';
import type { Networks } from '../maps/integerMap.ts';
import { ONE } from '../stack/fixedPoint.ts';
import { popLatent, pushLatent } from '../stack/latentStack.ts';

/** How the latents of one image become values. */
interface Scalings {
  readonly locations: ArrayLike<number>;
  /** One over the scales. */
  readonly rates: ArrayLike<number>;
}

/** A stage that factors out latents: the last channels of its input, or at the top all of them. */
export async function latentCoder(stage: Stage, p: Parameters, networks: Networks): Promise<StageCoder> {
  const { outputShape: keptShape, latentShape } = stage;
  const { distribution } = stage.base!;
  const size = countDimensions(latentShape!);
  if (keptShape === undefined) {
    const byClass = await topScalings(stage, p, networks);
    return {
      async encode(values, stack) {
        for (let first = 0; first < values.length; first += size) {
          const latents = values.subarray(first, first + size);
          const number = byClass.length === 1 ? 0 : likeliest(latents, byClass);
          pushAll(stack, latents, byClass[number]!, distribution!);
          stack.push(number, byClass.length);
        }
        return new Float64Array(0);
      },
      async decode(_, stack, images) {
        const values = new Float64Array(images * size);
        for (let first = values.length - size; first >= 0; first -= size) {
          const scalings = byClass[stack.pop(byClass.length)]!;
          popAll(stack, values.subarray(first, first + size), scalings, distribution!);
        }
        return values;
      },
    };
  }
  const scalingsFor = await splitScalings(stage, keptShape, p, networks);
  const keptSize = countDimensions(keptShape);
  return {
    async encode(values, stack) {
      const images = values.length / (keptSize + size);
      const [keptValues, latents] = divided(values, keptShape[2], latentShape![2]);
      const scalings = await scalingsFor(keptValues, images);
      for (let image = 0; image < images; image++) {
        pushAll(stack, latents.subarray(image * size, (image + 1) * size), scalings[image]!, distribution!);
      }
      return keptValues;
    },
    async decode(keptValues, stack, images) {
      const scalings = await scalingsFor(keptValues, images);
      const latents = new Float64Array(images * size);
      for (let image = images - 1; image >= 0; image--) {
        popAll(stack, latents.subarray(image * size, (image + 1) * size), scalings[image]!, distribution!);
      }
      return joined(keptValues, latents, keptShape[2], latentShape![2]);
    },
  };
}

function pushAll(
  stack: BitStack,
  latents: Float64Array,
  { locations, rates }: Scalings,
  distribution: (epsilon: number) => number,
): void {
  for (let index = 0; index < latents.length; index++) {
    pushLatent(stack, latents[index]!, { distribution, location: locations[index]!, rate: rates[index]! });
  }
}

function popAll(
  stack: BitStack,
  latents: Float64Array,
  { locations, rates }: Scalings,
  distribution: (epsilon: number) => number,
): void {
  for (let index = latents.length - 1; index >= 0; index--) {
    latents[index] = popLatent(stack, { distribution, location: locations[index]!, rate: rates[index]! });
  }
}

/** Of the top prior: one for all images, or one for each class. */
async function topScalings(
  { scaling, latentShape, byClass }: Stage,
  p: Parameters,
  networks: Networks,
): Promise<Scalings[]> {
  const constantScaling = scaling!(undefined, p, byClass && { [CLASSES]: identity(byClass.count) });
  const size = countDimensions(latentShape!);
  if (constantScaling === undefined) {
    return [unscaled(size)];
  }
  const [locations, logScales] = await networks.constants([
    constantScaling.location,
    constantScaling.logScale,
  ]);
  return Array.from({ length: locations!.length / size }, (_, index) => ({
    locations: locations!.subarray(index * size, (index + 1) * size),
    rates: inverseScales(logScales!.subarray(index * size, (index + 1) * size)),
  }));
}

/** Of a split: a function of what it keeps, with the scalings of each image. */
async function splitScalings(
  { scaling, latentShape }: Stage,
  keptShape: ImageShape,
  p: Parameters,
  networks: Networks,
): Promise<(keptLatents: Float64Array, images: number) => Promise<Scalings[]>> {
  const [size, channels] = [countDimensions(latentShape!), latentShape![2]];
  if (scaling!(input('kept', [1, ...keptShape]), p) === undefined) {
    return async (_, images) => Array(images).fill(unscaled(size));
  }
  const seen = {
    size: countDimensions(keptShape),
    without: [],
    scales: new Float64Array(keptShape[2]).fill(1),
  };
  const network = await networks.compile(keptShape, (keptTensor) => {
    const { location, logScale } = scaling!(keptTensor, p)!;
    return concatenate([location, logScale], 3);
  });
  return async (keptValues, images) => {
    const numbers = await network.run(seenBy(keptValues, seen), images);
    const [locations, logScales] = divided(numbers, channels, channels);
    return Array.from({ length: images }, (_, image) => ({
      locations: locations.subarray(image * size, (image + 1) * size),
      rates: inverseScales(logScales.subarray(image * size, (image + 1) * size)),
    }));
  };
}

function unscaled(size: number): Scalings {
  return { locations: new Float64Array(size), rates: new Float64Array(size).fill(1) };
}

function inverseScales(logScales: ArrayLike<number>): Float64Array {
  return Float64Array.from(logScales, (logScale) => portableExp(-logScale));
}

/** The number of the class under which latents are likeliest if they are normal: another one would only take more bits. */
function likeliest(latents: Float64Array, byClass: readonly Scalings[]): number {
  const logDensities = byClass.map(({ locations, rates }) =>
    latents.reduce((sum, latent, index) => {
      const epsilon = (latent / ONE - locations[index]!) * rates[index]!;
      return sum + portableLog(rates[index]!) - 0.5 * epsilon * epsilon;
    }, 0),
  );
  return logDensities.reduce(
    (best, logDensity, index) => (logDensity > logDensities[best]! ? index : best),
    0,
  );
}

/** The first channels of all pixels, and the others. */
function divided(values: ArrayLike<number>, first: number, second: number): [Float64Array, Float64Array] {
  const pixels = values.length / (first + second);
  const [firstValues, secondValues] = [new Float64Array(pixels * first), new Float64Array(pixels * second)];
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let channel = 0; channel < first; channel++) {
      firstValues[pixel * first + channel] = values[pixel * (first + second) + channel]!;
    }
    for (let channel = 0; channel < second; channel++) {
      secondValues[pixel * second + channel] = values[pixel * (first + second) + first + channel]!;
    }
  }
  return [firstValues, secondValues];
}

/** The inverse of `divided`. */
function joined(
  firstValues: Float64Array,
  secondValues: Float64Array,
  first: number,
  second: number,
): Float64Array {
  const values = new Float64Array(firstValues.length + secondValues.length);
  for (let pixel = 0; pixel * first < firstValues.length; pixel++) {
    values.set(firstValues.subarray(pixel * first, (pixel + 1) * first), pixel * (first + second));
    values.set(secondValues.subarray(pixel * second, (pixel + 1) * second), pixel * (first + second) + first);
  }
  return values;
}

/** A stage of a model, for the activations of a batch of images. Both methods throw OutOfRange or StackEmpty. */
export interface StageCoder {
  /** Passes activations on, without the latents that the stage factors out, which are then on the stack. */
  encode(values: Float64Array, stack: BitStack): Promise<Float64Array>;
  /** The inverse, for this number of images. */
  decode(values: Float64Array, stack: BitStack, images: number): Promise<Float64Array>;
}
