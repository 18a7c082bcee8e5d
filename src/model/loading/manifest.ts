// The manifest of an export: its model options, and the size and checksum of each file, so that files of different
// exports are not mixed.
import * as z from 'zod/mini';
import { UserError } from '../../core/errors.ts';
import { type ImageShape, showImageShape } from '../../core/numeric/index.ts';
import { sha256 } from '../../core/platform/sha256.node.ts';
import { isShort, parseJsonObject, stringifyJson } from '../../data/files/index.ts';
import type { Flow } from '../../flows/models/index.ts';
import { recordedSchema, requireTrainedOptions } from '../../runs/settings/index.ts';

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
export function requireListedWeights(
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
