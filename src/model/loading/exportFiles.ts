// The files of an export: its manifest, with the model options and the size and checksum of each file, so that files of
// different exports are not mixed; and the trained model in them. The weights say what model they belong to.
import * as z from 'zod/mini';
import { option, phrase, UserError } from '../../core/errors.ts';
import { type ImageShape, imageShapeIn, type NdArray, showImageShape } from '../../core/numeric/index.ts';
import { sha256 } from '../../core/platform/sha256.node.ts';
import {
  atMost,
  byHeader,
  decodeSafetensors,
  differenceFrom,
  encodeSafetensors,
  type FileStore,
  type HeaderCheck,
  ifLarge,
  isShort,
  missingFrom,
  parseJsonObject,
  quote,
  type StoredSafetensors,
  stringifyJson,
  tensorChecksum,
} from '../../data/files/index.ts';
import type { Flow } from '../../flows/models/index.ts';
import {
  modelFor,
  modelOptions,
  optionsText,
  recordedSchema,
  requireTrainedOptions,
} from '../../runs/settings/index.ts';
import { constant, constantValue } from '../../tensor/index.ts';
import {
  decodeWeights,
  encodeWeights,
  roundedModel,
  trainedPaths,
  type WeightExponents,
} from '../smallWeights.ts';
import { type TrainedModel, withFiniteWeights } from '../trainedModel.ts';
import type { DamagedChoice } from './readRun.ts';

/** The name of the manifest in an export. */
export const MANIFEST_FILE = 'manifest.json';

/** The most bytes of a manifest: room for the longest list of class names, twice. */
export const largestManifest = 2 ** 22;

/** The size of a file and its SHA-256, in hexadecimal. */
export interface FileChecksum {
  readonly bytes: number;
  readonly sha256: string;
}

/** The parts of a manifest that are compared with the files. */
export interface Manifest {
  /** Its path, for errors. */
  readonly path: string;
  /** The model's options. */
  readonly model: object;
  /** The shape of its images. */
  readonly imageShape: ImageShape;
  /** The files by name. */
  readonly files: ReadonlyMap<string, FileChecksum>;
  /** Where the weights come from; undefined if it doesn't say. */
  readonly trained: TrainedOn | undefined;
}

/** Where the weights of an export come from. */
interface TrainedOn {
  readonly preset: string | null;
  readonly dataset: string;
  readonly step: number;
  /** bits/dim of the test images; null if they were not measured, or the model is continuous. */
  readonly test: number | null;
}

const trainedSchema = z.object({
  preset: z.nullable(z.string()),
  dataset: z.string(),
  step: z.number(),
  /** Missing for a continuous model, which has no bits/dim. */
  bitsPerDim: z.optional(
    z.array(z.object({ bitsPerDim: z.nullable(z.number()), split: z.optional(z.string()) })),
  ),
});
const fileSchema = z.object({ bytes: z.int(), sha256: z.string() });
const manifestSchema = z.object({
  image: z.object({ shape: z.tuple([z.number(), z.number(), z.number()]) }),
  model: recordedSchema,
  trained: z.optional(z.unknown()),
  files: z.record(z.string(), fileSchema),
});

/**
 * Parses a manifest.
 *
 * @param path its file, for errors
 * @throws UserError (`invalid-data`) if it is not a manifest
 */
export function manifestFrom(text: string, path: string): Manifest {
  const content = parseJsonObject(text, path, '; export again');
  const data = isShort(content) ? manifestSchema.safeParse(content).data : undefined;
  if (data === undefined) {
    throw new UserError('invalid-data', `${path} does not describe an exported model; export again`);
  }
  return {
    path,
    model: data.model,
    imageShape: data.image.shape,
    files: new Map(Object.entries(data.files)),
    trained: trainedOn(data.trained),
  };
}

function trainedOn(value: unknown): TrainedOn | undefined {
  const { data } = trainedSchema.safeParse(value);
  if (data === undefined) {
    return undefined;
  }
  const { preset, dataset, step, bitsPerDim = [] } = data;
  const test = bitsPerDim.findLast(({ split }) => split === 'test')?.bitsPerDim ?? null;
  return { preset, dataset, step, test };
}

/** The size and the checksum of a file's contents. */
export function checksumOfFile(content: Uint8Array | string): FileChecksum {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return { bytes: bytes.length, sha256: sha256([bytes]) };
}

/** How a file of an export differs from the manifest; undefined if it doesn't, or is not listed. */
export function problemOfFile(
  { files, path: manifest }: Manifest,
  name: string,
  path: string,
  actual: FileChecksum,
): string | undefined {
  const listed = files.get(name);
  if (listed === undefined || (listed.bytes === actual.bytes && listed.sha256 === actual.sha256)) {
    return undefined;
  }
  const why =
    listed.bytes === actual.bytes
      ? 'its SHA-256 differs'
      : `it has ${actual.bytes} bytes instead of ${listed.bytes}`;
  return `${path} is not the file that ${manifest} lists: ${why}; restore the files of one export, or export again`;
}

/**
 * Checks a file of an export against the manifest.
 *
 * @throws UserError (`mismatch`) if they differ
 */
export function requireListed(
  manifest: Manifest,
  name: string,
  path: string,
  content: Uint8Array | string,
): void {
  if (manifest.files.has(name)) {
    const problem = problemOfFile(manifest, name, path, checksumOfFile(content));
    if (problem !== undefined) {
      throw new UserError('mismatch', problem);
    }
  }
}

/**
 * Checks the weights of an export against the manifest.
 *
 * @param weights.model the model, from the file of the weights
 * @throws UserError (`mismatch`) if they differ
 */
function requireListedWeights(
  manifest: Manifest,
  weights: {
    readonly name: string;
    readonly path: string;
    readonly bytes: Uint8Array;
    readonly model: Pick<Flow, 'imageShape' | 'options'>;
  },
): void {
  const { name, path, bytes, model } = weights;
  requireTrainedOptions(manifest.model, manifest.path, model.options, path);
  const { imageShape } = manifest;
  if (imageShape.join() !== model.imageShape.join()) {
    throw new UserError(
      'mismatch',
      `${path} is for images of ${showImageShape(model.imageShape)}, but ${manifest.path} for images of ${imageShape.join('x')}; restore the files of one export, or export again`,
    );
  }
  requireListed(manifest, name, path, bytes);
}

/** A manifest as JSON text. */
export function manifestText(manifest: object): string {
  return `${stringifyJson(manifest, 2).replace(SHORT_LIST, shortened)}\n`;
}

/** A list of numbers, possibly including N, as JSON spreads it over lines; no quoted text contains any. */
const SHORT_LIST = /\[\n\s+(?:"N"|-?\d+)(?:,\n\s+-?\d+)*\n\s+\]/g;

/** The list on one line. */
function shortened(list: string): string {
  return list.replace(/,\n\s+/g, ', ').replace(/\n\s+/g, '');
}

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
