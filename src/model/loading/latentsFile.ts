// Latents in a safetensors file, with the names of their images, the fingerprint of the model they belong to,
// checksums of the images, and corrections for those that decoding does not return exactly.
import { UserError } from '../../core/errors.ts';
import {
  bitsOfKind,
  countDimensions,
  countElements,
  type ImageShape,
  type NdArray,
  requireArgument,
  type Values,
  zeros,
} from '../../core/numeric/index.ts';
import {
  readChecked,
  requireExists,
  staysInFolder,
  writeFileAtomically,
} from '../../data/files/index.node.ts';
import {
  byHeader,
  decodeSafetensors,
  encodeSafetensors,
  missingFrom,
  parsedJson,
  type Safetensors,
  type SafetensorsHeader,
} from '../../data/files/index.ts';
import type { Flow } from '../../flows/models/index.ts';
import { CHECKSUM_LENGTH, type Correction, type Corrections, shortChecksum } from '../corrections.ts';
import type { FlowModel } from '../flowModel.ts';
import type { Latents } from '../latentArithmetic.ts';
import { sliceLatents } from '../latents.ts';
import { conditionComponents } from '../likelihood/likelihood.ts';

const format = 'emerging-flows latents';

/** The most bytes of what is not of images, such as the header. */
const LARGEST_REST = 2 ** 25;

/** Tensors with known shapes, by name. */
type Shapes = ReadonlyMap<string, { readonly shape: readonly number[] }>;

/** What is known about the images that latents were encoded from. */
interface EncodedFrom {
  /** The checksum of each image, from `verify`; null if its latents have been edited since. */
  readonly checksums: readonly (string | null)[];
  /** What makes all decoded images exact; without them, some may not be. */
  readonly corrections?: Corrections;
}

/** Latents and the names of their images. */
export interface NamedLatents {
  /** A name for each image: a path with `/`. */
  readonly names: readonly string[];
  /** The latents of the images, in this order. */
  readonly latents: Latents;
  /** The class of each image, under which it was encoded, by name; for a model with classes. */
  readonly classes?: readonly string[];
  /** The condition of the images, one after the other, under which they were encoded; for a model with one. */
  readonly condition?: Readonly<Record<string, ArrayLike<number>>>;
  /** What is known about the images. */
  readonly encodedFrom?: EncodedFrom;
}

/** Latents read from a file. */
export interface StoredLatents extends NamedLatents {
  /**
   * The indices of images whose latents are not those that the file was written with: they have no checksum
   * and no corrections. Missing if nothing is known about the images.
   */
  readonly edited?: readonly number[];
}

/**
 * Writes latents as `latent/0` (level 0's split) to `latent/k` (the top), each `[N, height, width, channels]`.
 * Corrections are written as `correction/position` (image·H·W·C + position in the image) and
 * `correction/value`, `[K]` each, and whole images as `whole/index`, `[M]`, and `whole/pixels`, `[M, H, W, C]`. Conditions
 * are `condition/NAME`, `[N, …]`, each in the shape that the model declares.
 *
 * @throws UserError if the file can't be written, or if `readLatents` would refuse it: names that aren't file names, or parts
 * that don't belong to these images and this model
 */
export function writeLatents(
  path: string,
  { names, latents, classes, condition = {}, encodedFrom }: NamedLatents,
  model: FlowModel,
): void {
  requireArgument(areNames(names), 'names must differ, and stay in the folder that they are written to');
  const tensors = new Map<string, NdArray>(latents.map((latent, index) => [latentPath(index), latent]));
  for (const [path, name, shape] of conditionShapes(model, names.length)) {
    const data = Float64Array.from(condition[name] ?? []);
    requireArgument(
      data.length === countElements(shape),
      `the condition ${name} has ${data.length} numbers, but these images need ${countElements(shape)}`,
    );
    tensors.set(path, { shape, data });
  }
  const missing = missingFrom(tensors, latentEntries(model, names.length));
  requireArgument(missing === undefined, `there are no latents of ${names.length} images: ${missing}`);
  requireArgument(
    model.classes.length === 0 || classes === undefined || areClasses(classes, names.length, model),
    'classes must name a class of the model for each image',
  );
  const metadata: Record<string, string> = {
    format,
    model: model.fingerprint,
    images: JSON.stringify(names),
    ...(classes && { classes: JSON.stringify(classes) }),
  };
  if (encodedFrom) {
    const { checksums, corrections } = encodedFrom;
    const corrected = [...(corrections?.keys() ?? [])];
    requireArgument(
      checksums.length === names.length && corrected.every((image) => image < names.length),
      `encodedFrom must be about these ${names.length} images, as verify returns it for them`,
    );
    metadata.pixelChecksums = checksums.map((checksum) => checksum ?? unknown).join('');
    metadata.latentChecksums = names.map((_, image) => latentChecksum(latents, image)).join('');
    if (corrections) {
      metadata.corrections = String(corrections.size);
      for (const [name, tensor] of correctionTensors(corrections, model.imageShape)) {
        tensors.set(name, tensor);
      }
    }
  }
  writeFileAtomically(path, encodeSafetensors(tensors, metadata));
}

/**
 * Reads latents for a model. Corrections of images whose latents have been edited since are left out.
 *
 * @throws UserError if the file cannot be read, has another format, or its latents belong to another model
 */
export function readLatents(path: string, model: FlowModel): StoredLatents {
  requireExists(path);
  const bytes = readChecked(
    path,
    byHeader((header) => requireSize(header, aboutLatents(header, path, model))),
  );
  const file = decodeSafetensors(bytes, path);
  const { names, classes, damaged } = aboutLatents(file, path, model);
  const latents = model.latentShapes.map((_, index) => file.tensors.get(latentPath(index))!);
  const condition = conditionShapes(model, names.length).map(
    ([path, name]) => [name, file.tensors.get(path)!.data] as const,
  );
  const stored = {
    names,
    latents,
    ...(classes && { classes }),
    ...(condition.length > 0 && { condition: Object.fromEntries(condition) }),
  };
  const { pixelChecksums, latentChecksums } = file.metadata;
  if (pixelChecksums === undefined || latentChecksums === undefined) {
    return stored;
  }
  return { ...stored, ...readEncodedFrom(file, { count: names.length, latents, model, damaged }) };
}

/** The metadata of a file of latents. */
interface AboutLatents extends Pick<NamedLatents, 'names' | 'classes'> {
  /** The most bytes of all that it may hold. */
  readonly mostBytes: number;
  readonly damaged: Damaged;
}

/** Checks a file's metadata, before its latents need to be read, against a model. */
function aboutLatents(
  { metadata, tensors }: Pick<SafetensorsHeader, 'metadata'> & { readonly tensors: Shapes },
  path: string,
  model: FlowModel,
): AboutLatents {
  const names = metadata.format === format ? namesIn(metadata.images) : undefined;
  if (names === undefined) {
    throw new UserError('invalid-data', `${path} holds no latents; name a file of encoded images`);
  }
  if (metadata.model !== model.fingerprint) {
    throw new UserError(
      'mismatch',
      `${path} holds latents of another model (or of this one with other weights); ` +
        'name the run that they were encoded with, or encode the images again',
    );
  }
  const damaged: Damaged = (problem) => {
    throw new UserError('invalid-data', `${path} is damaged: ${problem}; encode the images again`);
  };
  const conditions = conditionShapes(model, names.length);
  const missing = missingFrom(tensors, [
    ...latentEntries(model, names.length),
    ...conditions.map(([path, , shape]) => [path, shape] as const),
  ]);
  if (missing !== undefined) {
    return damaged(missing);
  }
  const classes = model.classes.length === 0 ? undefined : textsIn(metadata.classes);
  if (classes && !areClasses(classes, names.length, model)) {
    damaged('it does not name a class of the model for each image');
  }
  // A latent and, in corrections, a position, a value and a pixel for each value of each image, in float64.
  const ofConditions = conditions.reduce((sum, [, , shape]) => sum + 8 * countElements(shape), 0);
  const mostBytes =
    LARGEST_REST + ofConditions + 8 * names.length * (4 * countDimensions(model.imageShape) + 1);
  return { names, ...(classes && { classes }), mostBytes, damaged };
}

function requireSize({ size }: SafetensorsHeader, { names, mostBytes, damaged }: AboutLatents): void {
  if (size > mostBytes) {
    damaged(`it has ${size} bytes, more than ${names.length} images take`);
  }
}

/** In place of a checksum that is not known. */
const unknown = '-'.repeat(CHECKSUM_LENGTH);

function readEncodedFrom(
  file: Safetensors,
  about: { count: number; latents: Latents; model: FlowModel; damaged: Damaged },
): Pick<Required<StoredLatents>, 'encodedFrom' | 'edited'> {
  const { count, latents, model, damaged } = about;
  const { pixelChecksums = '', latentChecksums = '', corrections } = file.metadata;
  const [ofPixels, ofLatents] = [pixelChecksums, latentChecksums].map(checksumsIn) as [string[], string[]];
  if (ofPixels.length !== count || ofLatents.length !== count) {
    damaged(
      `it has ${ofPixels.length} checksums of images and ${ofLatents.length} of latents for ${count} images`,
    );
  }
  const isSame = ofLatents.map((checksum, image) => checksum === latentChecksum(latents, image));
  const checksums = ofPixels.map((checksum, image) =>
    isSame[image] && checksum !== unknown ? checksum : null,
  );
  const edited = [...isSame.keys()].filter((image) => !isSame[image]);
  if (corrections === undefined) {
    return { encodedFrom: { checksums }, edited };
  }
  const exactCorrections = correctionsIn(file, { count, model: model.model, damaged });
  return {
    encodedFrom: {
      checksums,
      corrections: new Map([...exactCorrections].filter(([image]) => isSame[image])),
    },
    edited,
  };
}

function checksumsIn(text: string): string[] {
  return Array.from({ length: Math.ceil(text.length / CHECKSUM_LENGTH) }, (_, index) =>
    text.slice(index * CHECKSUM_LENGTH, (index + 1) * CHECKSUM_LENGTH),
  );
}

function latentChecksum(latents: Latents, image: number): string {
  const imageLatents = sliceLatents(latents, image, image + 1);
  return shortChecksum(
    imageLatents.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  );
}

/** The tensors of the conditions of a model for a number of images: their paths, names and shapes. */
function conditionShapes({ model }: FlowModel, count: number): [string, string, number[]][] {
  return conditionComponents(model).map(({ name, shape }) => [`condition/${name}`, name, [count, ...shape]]);
}

/** The latents of a model for a number of images: their paths and shapes. */
function latentEntries({ latentShapes }: FlowModel, count: number): [string, number[]][] {
  return latentShapes.map((shape, index) => [latentPath(index), [count, ...shape]]);
}

/** Whether these are classes of a model, one for each image. */
function areClasses(classes: readonly string[] = [], count: number, model: FlowModel): boolean {
  return classes.length === count && classes.every((name) => model.classes.includes(name));
}

function latentPath(index: number): string {
  return `latent/${index}`;
}

/** The names, if the text holds valid ones and each stays inside the output folder. */
function namesIn(text = ''): string[] | undefined {
  const names = textsIn(text);
  return names !== undefined && areNames(names) ? names : undefined;
}

/** Whether names differ, and each stays inside the output folder. */
function areNames(names: readonly string[]): boolean {
  return names.every(staysInFolder) && new Set(names).size === names.length;
}

/** The list of texts in a text, if it is one in JSON. */
function textsIn(text = ''): string[] | undefined {
  const list = parsedJson(text);
  return Array.isArray(list) && list.every((item) => typeof item === 'string') ? list : undefined;
}

/** Throws that the file is damaged. */
type Damaged = (problem: string) => never;

const paths = {
  position: 'correction/position',
  value: 'correction/value',
  index: 'whole/index',
  pixels: 'whole/pixels',
};

/** The tensors that hold corrections, by path. */
function correctionTensors(corrections: Corrections, imageShape: ImageShape): Map<string, NdArray> {
  const dimensions = countDimensions(imageShape);
  const sorted = [...corrections].sort(([a], [b]) => a - b);
  const completeImages = sorted.filter(([, { positions }]) => positions === undefined);
  const positions = sorted.flatMap(([image, { positions = [] }]) =>
    Array.from(positions, (position) => image * dimensions + position),
  );
  const values = sorted.flatMap(([, { positions, values }]) => (positions ? [...values] : []));
  const pixels = new Float32Array(completeImages.length * dimensions);
  completeImages.forEach(([, { values }], index) => {
    pixels.set(values, index * dimensions);
  });
  return new Map<string, NdArray>([
    // In float64, which holds every index; float32 stops at 2^24.
    [paths.position, { shape: [positions.length], data: Float64Array.from(positions) }],
    [paths.value, { shape: [values.length], data: Float32Array.from(values) }],
    [
      paths.index,
      { shape: [completeImages.length], data: Float64Array.from(completeImages, ([image]) => image) },
    ],
    [paths.pixels, { shape: [completeImages.length, ...imageShape], data: pixels }],
  ]);
}

/** The corrections that a file holds for `count` images. */
function correctionsIn(
  { tensors }: Safetensors,
  { count, model, damaged }: { count: number; model: Pick<Flow, 'imageShape' | 'values'>; damaged: Damaged },
): Map<number, Correction> {
  const { imageShape, values: valueFormat } = model;
  const dimensions = countDimensions(imageShape);
  const readTensor = (path: string, inner: readonly number[] = []): NdArray['data'] => {
    const tensor = tensors.get(path) ?? damaged(`${path} is missing`);
    const [length = -1, ...innerShape] = tensor.shape;
    if (length < 0 || innerShape.join() !== inner.join()) {
      damaged(`${path} has shape [${tensor.shape.join(', ')}]`);
    }
    return tensor.data;
  };
  const [positions, values] = [readTensor(paths.position), readTensor(paths.value)];
  const [indices, pixels] = [readTensor(paths.index), readTensor(paths.pixels, imageShape)];
  const areAscending = (numbers: NdArray['data'], end: number) =>
    numbers.every((n, i) => Number.isInteger(n) && n > (i === 0 ? -1 : numbers[i - 1]!) && n < end);
  const greatest = 2 ** (bitsOfKind(valueFormat.kind) ?? 0) - 1;
  const areValues = (numbers: NdArray['data']) =>
    valueFormat.kind === 'float32'
      ? numbers.every(Number.isFinite)
      : numbers.every((value) => Number.isInteger(value) && value >= 0 && value <= greatest);
  const valuesFrom = (numbers: NdArray['data']): Values => {
    const out = zeros(valueFormat.kind, numbers.length);
    out.set(numbers);
    return out;
  };
  if (
    positions.length !== values.length ||
    !areAscending(positions, count * dimensions) ||
    !areValues(values)
  ) {
    damaged('its corrections of single pixels are not valid');
  }
  if (indices.length * dimensions !== pixels.length || !areAscending(indices, count) || !areValues(pixels)) {
    damaged('its whole images are not valid');
  }
  const corrections = new Map<number, Correction>();
  for (let start = 0; start < positions.length; ) {
    const image = Math.floor(positions[start]! / dimensions);
    let end = start;
    while (end < positions.length && positions[end]! < (image + 1) * dimensions) {
      end++;
    }
    corrections.set(image, {
      positions: Uint32Array.from(
        positions.subarray(start, end),
        (position) => position - image * dimensions,
      ),
      values: valuesFrom(values.subarray(start, end)),
    });
    start = end;
  }
  indices.forEach((image, index) => {
    const values = valuesFrom(pixels.subarray(index * dimensions, (index + 1) * dimensions));
    corrections.set(image, { values });
  });
  return corrections;
}
