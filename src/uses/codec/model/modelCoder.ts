// A model on whole numbers: images to a stack of bits, and back.
import { UserError } from '../../../core/errors.ts';
import { type BitStack, type ImageShape, kindInWords } from '../../../core/numeric/index.ts';
import { type Bijection, CLASSES, parametersFrom } from '../../../flows/contract/index.ts';
import { dequantisationName, type Flow, flattenLayers } from '../../../flows/models/index.ts';
import type { TrainedModel } from '../../../model/index.ts';
import { input } from '../../../tensor/index.ts';
import { compileMaps, type GivenLayer } from '../maps/compileMaps.ts';
import type { Networks } from '../maps/integerMap.ts';
import { NOISE_BITS, ONE, OutOfRange } from '../stack/fixedPoint.ts';
import { latentCoder, type StageCoder } from './latentCoder.ts';

/**
 * A model on whole numbers. A batch of images takes −log2 p(x) bits in all: `encode` pops the noise of dequantisation,
 * pushes and pops what rounding leaves over in every layer, and pushes the latents. `decode` does the same backwards.
 */
export interface ModelCoder {
  /** The shape of each image. */
  readonly imageShape: ImageShape;
  /**
   * Pushes a batch of images; throws OutOfRange or StackEmpty, and the stack is then of no use. `onStage` hears how many
   * activations are left before the first stage and after each.
   */
  encode(pixels: Uint8Array, stack: BitStack, onStage?: (activations: number) => void): Promise<void>;
  /** Pops a batch of this many images; throws likewise if no `encode` has made the stack. */
  decode(images: number, stack: BitStack): Promise<Uint8Array>;
}

/**
 * The coder of a model.
 *
 * @throws UserError (`unsupported`) if a layer has no form for whole numbers
 */
export async function modelCoder(
  { model, parameters }: TrainedModel,
  networks: Networks,
): Promise<ModelCoder> {
  requireCodable(model);
  const p = parametersFrom(parameters);
  const stages: StageCoder[] = [];
  for (const { path, stage } of model.stages) {
    if (stage.latentShape) {
      stages.push(await latentCoder(stage, p.at(path), networks));
    } else {
      const layers = flattenLayers(path, stage.bijection).map((layer) => ({
        bijection: layer.bijection,
        parameters: p.at(layer.path),
      }));
      stages.push(await mapsCoder(layers, networks));
    }
  }
  return {
    imageShape: model.imageShape,
    async encode(pixels, stack, onStage) {
      let values: Float64Array = dequantised(pixels, stack);
      onStage?.(values.length);
      for (const stage of stages) {
        values = await stage.encode(values, stack);
        onStage?.(values.length);
      }
    },
    async decode(images, stack) {
      let values: Float64Array = new Float64Array(0);
      for (const stage of stages.toReversed()) {
        values = await stage.decode(values, stack, images);
      }
      return quantised(values, stack);
    },
  };
}

/**
 * Checks that a model can compress images.
 *
 * @throws UserError (`unsupported`) if not, with the reason
 */
export function requireCodable({ stages, dequantiser, values, options, condition }: Flow): void {
  if (values.kind !== 'uint8') {
    throw unsupported(`its images are ${kindInWords(values.kind)}`);
  }
  if (Object.keys(condition).some((name) => name !== CLASSES)) {
    throw unsupported('it depends on the condition of each image, which a compressed file does not store');
  }
  if (dequantiser.flow !== undefined) {
    throw unsupported(`its dequantisation is ${dequantisationName(options)}`);
  }
  for (const { path, stage } of stages) {
    if (stage.latentShape) {
      if (stage.scaling === undefined || stage.base?.distribution === undefined) {
        throw unsupported(
          `the prior at ${path} (${stage.base?.name}) has no distribution function that all machines compute identically`,
        );
      }
      continue;
    }
    for (const { bijection } of flattenLayers(path, stage.bijection)) {
      const problem = wholeNumberProblem(bijection);
      if (problem !== undefined) {
        throw unsupported(problem);
      }
    }
  }
}

/** Why a layer has no form for whole numbers; undefined if it has one. */
function wholeNumberProblem({ name, maps, parameters }: Bijection): string | undefined {
  if (maps === undefined) {
    return `its layer '${name}' has no exact form for whole numbers`;
  }
  const tensors = Object.fromEntries(
    Object.entries(parameters).map(([path, { shape }]) => [path, input(path, shape)]),
  );
  const lacksForm = maps(parametersFrom(tensors)).some(
    (map) => map.kind === 'coupling' && map.transformer.scalar === undefined,
  );
  return lacksForm ? 'the transformer of its couplings has no exact form for whole numbers' : undefined;
}

function unsupported(why: string): UserError {
  return new UserError('unsupported', `the model can't compress images: ${why}; use another model`);
}

/** A stage without latents: its maps, one after the other. */
async function mapsCoder(layers: readonly GivenLayer[], networks: Networks): Promise<StageCoder> {
  const maps = await compileMaps(layers, networks);
  return {
    async encode(values, stack) {
      for (const map of maps) {
        await map.forward(values, stack);
      }
      return values;
    },
    async decode(values, stack) {
      for (const map of maps.toReversed()) {
        await map.inverse(values, stack);
      }
      return values;
    },
  };
}

const NOISE = 2 ** NOISE_BITS;

/** x = (v + u)/256 − ½ for 8-bit pixels v, with u in [0, 1) popped. */
function dequantised(pixels: Uint8Array, stack: BitStack): Float64Array {
  const values = new Float64Array(pixels.length);
  for (let index = 0; index < values.length; index++) {
    values[index] = pixels[index]! * NOISE + stack.pop(NOISE) - ONE / 2;
  }
  return values;
}

/**
 * The pixels of activations; the noise is pushed.
 *
 * @throws OutOfRange if a value isn't a pixel
 */
function quantised(values: Float64Array, stack: BitStack): Uint8Array {
  const pixels = new Uint8Array(values.length);
  for (let index = values.length - 1; index >= 0; index--) {
    const value = values[index]! + ONE / 2;
    if (!(value >= 0 && value < ONE)) {
      throw new OutOfRange();
    }
    pixels[index] = Math.floor(value / NOISE);
    stack.push(value - pixels[index]! * NOISE, NOISE);
  }
  return pixels;
}
