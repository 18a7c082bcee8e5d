// A trained model from the files of an export, wherever they are. The weights say what model they belong to.
import { option, phrase, UserError } from '../../core/errors.ts';
import { imageShapeIn, type NdArray, showImageShape } from '../../core/numeric/index.ts';
import {
  atMost,
  byHeader,
  decodeSafetensors,
  differenceFrom,
  encodeSafetensors,
  type FileStore,
  type HeaderCheck,
  ifLarge,
  missingFrom,
  quote,
  type StoredSafetensors,
  tensorChecksum,
} from '../../data/files/index.ts';
import type { Flow } from '../../flows/models/index.ts';
import { modelFor, modelOptions, optionsText } from '../../runs/settings/index.ts';
import { constant, constantValue } from '../../tensor/index.ts';
import {
  decodeWeights,
  encodeWeights,
  roundedModel,
  trainedPaths,
  type WeightExponents,
} from '../smallWeights.ts';
import { type TrainedModel, withFiniteWeights } from '../trainedModel.ts';
import { largestManifest, MANIFEST_FILE, manifestFrom, requireListedWeights } from './manifest.ts';
import type { DamagedChoice } from './readRun.ts';

/** The name of the file of an export that holds its weights. */
export const WEIGHTS_FILE = 'model.safetensors';

/**
 * Checks that a large file of weights has the arrays of its own model and no others.
 *
 * @throws UserError (`invalid-data`) if not
 */
export const requireOwnArrays: HeaderCheck = ifLarge(({ metadata, tensors }, path) => {
  const model = parseModel(metadata, path);
  const coded = tensors.get(SMALL_WEIGHTS);
  const wanted = metadata.exponents === undefined ? parameterShapes(model) : plainShapes(model);
  if (coded !== undefined && metadata.exponents !== undefined) {
    wanted.set(SMALL_WEIGHTS, coded.shape);
  }
  requireNone(differenceFrom(tensors, wanted), path);
});

/** The name of the tensor that holds the trained weights of a model in a few bits each. */
const SMALL_WEIGHTS = 'small weights';

/**
 * Reads an export: its `model.safetensors`, compared with `manifest.json` if it is there.
 *
 * @throws UserError if a file is inconsistent, does not match the manifest, or contains other weights
 */
export async function readExport(
  files: FileStore,
  { weights, step, acceptDamage = false }: DamagedChoice = {},
): Promise<TrainedModel> {
  const { name } = files;
  const path = files.resolvePath(WEIGHTS_FILE);
  const listing = await files.read(MANIFEST_FILE, atMost(largestManifest));
  const bytes = (await files.read(WEIGHTS_FILE, byHeader(requireOwnArrays)))!;
  const stored = decodeSafetensors(bytes, path);
  const { metadata } = stored;
  const tensors = metadata.exponents === undefined ? stored.tensors : withSmallWeights(stored, path);
  if (metadata.checksum !== tensorChecksum(tensors, metadata)) {
    throw new UserError('invalid-data', `${path} is corrupt: its checksum does not match; use another copy`);
  }
  if (weights !== undefined && metadata.weights !== weights) {
    throw new UserError(
      'invalid-argument',
      phrase`${name} holds the ${metadata.weights ?? 'unknown'} weights: leave out the option, or export the run with ${option('weights', weights)}`,
    );
  }
  const exportStep = stepIn(metadata);
  if (step !== undefined && step !== exportStep) {
    throw new UserError(
      'invalid-argument',
      `${name} is an export, with the weights of ${exportStep === undefined ? 'one step' : `step ${exportStep}`} only: ` +
        `leave out the step, or export the run again with step ${step}`,
    );
  }
  const model = parseModel(metadata, path);
  if (listing !== undefined) {
    const manifest = manifestFrom(new TextDecoder().decode(listing), files.resolvePath(MANIFEST_FILE));
    requireListedWeights(manifest, { name: WEIGHTS_FILE, path, bytes, model });
  }
  const wanted = parameterShapes(model);
  requireNone(missingFrom(tensors, wanted), path);
  const parameters = Object.fromEntries(
    [...wanted.keys()].map((name) => [name, constant(tensors.get(name)!)]),
  );
  const kind = metadata.weights === 'average' || metadata.weights === 'raw' ? metadata.weights : undefined;
  const trained: TrainedModel = { model, parameters, step: exportStep, weights: kind };
  return acceptDamage ? trained : withFiniteWeights(trained, name);
}

/** The arrays of a file with small weights, in the order of the model's parameters. */
function withSmallWeights(
  { tensors, metadata, bytes }: StoredSafetensors,
  path: string,
): Map<string, NdArray> {
  const { exponents = '' } = metadata;
  const coded = bytes.get(SMALL_WEIGHTS);
  const model = parseModel(metadata, path);
  const weights =
    /^[-,\d]*$/.test(exponents) && coded !== undefined
      ? decodeWeights(model, exponents.split(',').map(Number), coded)
      : undefined;
  if (weights === undefined) {
    throw new UserError('invalid-data', `${path} is corrupt: its weights can't be decoded; use another copy`);
  }
  return new Map(
    Object.keys(model.parameters).flatMap((name) => {
      const array = weights.get(name) ?? tensors.get(name);
      return array ? [[name, array]] : [];
    }),
  );
}

/** The arrays that a file with small weights holds unchanged: those not trained. */
function plainShapes(model: Flow): Map<string, readonly number[]> {
  return new Map([...parameterShapes(model)].filter(([path]) => !model.parameters[path]!.trained));
}

/** The arrays of a model: its parameters. */
function parameterShapes({ parameters }: Flow): Map<string, readonly number[]> {
  return new Map(Object.entries(parameters).map(([name, { shape }]) => [name, shape]));
}

function requireNone(difference: string | undefined, path: string): void {
  if (difference !== undefined) {
    throw new UserError('invalid-data', `${path} does not fit its own model: ${difference}; export again`);
  }
}

/** The step in the metadata; undefined if they have none. */
function stepIn({ step = '' }: Record<string, string>): number | undefined {
  return /^\d{1,15}$/.test(step) ? Number(step) : undefined;
}

function parseModel({ model = '', imageShape = '' }: Record<string, string>, path: string): Flow {
  try {
    const options = modelOptions(JSON.parse(model));
    const shape = imageShapeIn(imageShape);
    if (shape === undefined) {
      throw new UserError('invalid-data', `${quote(imageShape)} is not an image shape such as 28x28x1`);
    }
    return modelFor(options, shape);
  } catch (cause) {
    if (cause instanceof UserError && cause.code === 'not-found') {
      throw new UserError(cause.code, phrase`${path}: ${cause.phrase}`, { cause });
    }
    throw new UserError(
      'invalid-data',
      `${path} is not an exported model: its metadata does not describe one (${(cause as Error).message}); export again`,
      { cause },
    );
  }
}

/**
 * A model as the file of its weights, `model.safetensors` of an export: `readExport` reads it.
 *
 * @param exponents writes small weights at these exponents, in a few bits each, in place of float32
 */
export function weightsBytes(trained: TrainedModel, exponents?: WeightExponents): Uint8Array {
  const { model, parameters, step, weights } = exponents ? roundedModel(trained, exponents) : trained;
  const tensors = new Map<string, NdArray>();
  for (const path of Object.keys(model.parameters)) {
    const { shape, data } = constantValue(parameters[path]!)!;
    tensors.set(path, { shape, data: Float32Array.from(data) });
  }
  const metadata = {
    format: 'emerging-flows',
    ...(step !== undefined && { step: String(step) }),
    ...(weights !== undefined && { weights }),
    imageShape: showImageShape(model.imageShape),
    model: optionsText(model.options),
    ...(exponents && { exponents: exponents.join() }),
  };
  const checksum = tensorChecksum(tensors, metadata);
  if (exponents === undefined) {
    return encodeSafetensors(tensors, { ...metadata, checksum });
  }
  const coded = encodeWeights(trained, exponents);
  for (const path of trainedPaths(model)) {
    tensors.delete(path);
  }
  return encodeSafetensors(tensors, { ...metadata, checksum }, new Map([[SMALL_WEIGHTS, coded]]));
}
