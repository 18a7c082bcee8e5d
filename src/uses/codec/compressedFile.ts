// An opened file of compressed images, with its model, and what it contains, which is found without decoding.
import { option, phrase, UserError } from '../../core/errors.ts';
import { type ImageShape, showImageShape } from '../../core/numeric/index.ts';
import { byHeader, memoryFiles, type RandomAccess } from '../../data/files/index.ts';
import { areValidExponents, modelFingerprint, roundedModel, type TrainedModel } from '../../model/index.ts';
import { readExport, requireOwnArrays, WEIGHTS_FILE } from '../../model/loading/index.ts';
import { type BlockFilter, type FileEnd, maxImages, readBlock, readEnd } from './file/abouts.ts';
import { type FileHeader, type ReadHeader, readHeader } from './file/header.ts';
import { LostImages } from './file/lostImages.ts';
import { recordsIn } from './file/records.ts';

/** An opened file of compressed images. */
export interface CompressedFile {
  readonly source: string;
  readonly bytes: RandomAccess;
  readonly header: ReadHeader;
  /** The model to decompress with. */
  readonly model: TrainedModel;
}

/**
 * Opens a file of compressed images, and checks that it has its model, or the one given.
 *
 * @param source the file, for errors
 * @throws UserError (`invalid-data`) if it is another kind of file, or its header is damaged; (`not-ready`) if no model is
 * given, and the file has none or a damaged one; (`unsupported`) if a newer version has written it; (`mismatch`) if it was
 * compressed with another model
 */
export async function openCompressed(
  bytes: RandomAccess,
  source: string,
  suppliedModel?: TrainedModel,
): Promise<CompressedFile> {
  const header = await readHeader(bytes, source);
  if (suppliedModel) {
    return { source, bytes, header, model: requireSameModel(header, suppliedModel, source) };
  }
  const model = await embeddedModel(bytes, header, source);
  if (!isSameModel(header, model)) {
    throw new UserError(
      'mismatch',
      phrase`${source} is damaged: the model in it isn't the one that its header names; use another copy, or name that model with ${option('model', 'MODEL')}`,
    );
  }
  return { source, bytes, header, model };
}

/**
 * The model that a file was compressed with, from that model or its rounded copy in the file.
 *
 * @throws UserError (`mismatch`) if it is another one
 */
export function requireSameModel(
  header: Pick<ReadHeader, 'model' | 'imageShape' | 'exponents'>,
  model: TrainedModel,
  source: string,
): TrainedModel {
  if (isSameModel(header, model)) {
    return model;
  }
  const { exponents } = header;
  const rounded =
    exponents && areValidExponents(model.model, exponents) ? roundedModel(model, exponents) : undefined;
  if (rounded === undefined || !isSameModel(header, rounded)) {
    throw new UserError(
      'mismatch',
      `${source} was compressed with another model, or with other weights of this one; name the one it was compressed with`,
    );
  }
  return rounded;
}

function isSameModel(header: Pick<FileHeader, 'model' | 'imageShape'>, model: TrainedModel): boolean {
  return (
    modelFingerprint(model) === header.model &&
    showImageShape(model.model.imageShape) === showImageShape(header.imageShape)
  );
}

async function embeddedModel(file: RandomAccess, header: ReadHeader, source: string): Promise<TrainedModel> {
  const { modelBytes, end } = header;
  const isDamaged = await header.isModelDamaged();
  if (modelBytes === 0 || isDamaged) {
    throw new UserError(
      'not-ready',
      phrase`${isDamaged ? `the model in ${source} is damaged` : `${source} doesn't contain its model`}: name it with ${option('model', 'MODEL')}`,
    );
  }
  const start = end - modelBytes;
  // A large model must fit its own header before it is read as a whole.
  const check = byHeader(requireOwnArrays);
  for (let length: number | undefined = 0; length !== undefined; ) {
    length = check(await file.read(start, length), modelBytes, source);
  }
  return readExport(memoryFiles(source, { [WEIGHTS_FILE]: await file.read(start, modelBytes) }));
}

/** How much a file contains. */
interface Extent {
  readonly blocks: number;
  /** How many images; undefined if the end of the file is damaged or missing, or has more than the blocks can hold. */
  readonly count: number | undefined;
}

/** How many blocks and images a file has, found without reading the blocks. */
export async function readExtent({ bytes, header }: CompressedFile): Promise<Extent> {
  let blocks = 0;
  let imageLimit = 0;
  let end: FileEnd | undefined;
  for await (const record of recordsIn(bytes, header.end)) {
    if (record.kind === 'block') {
      blocks++;
      imageLimit += maxImages(record.bytes);
    } else {
      end ??= await readEnd(record);
    }
  }
  return { blocks, count: end && end.images <= imageLimit ? end.images : undefined };
}

/** An image of a file. */
interface ListedImage {
  /** Its position in the file, from 0. */
  readonly position: number;
  readonly name: string;
  readonly shape: ImageShape;
  /** The number of its block. */
  readonly block: number;
}

/** A block of a file. */
interface ListedBlock {
  readonly block: number;
  readonly images: number;
  readonly bytes: number;
  readonly bitsPerDim: number;
}

/** What a file contains, in its intact part. */
export interface Listing {
  readonly images: readonly ListedImage[];
  /** How many images it should have; undefined if its end is damaged or missing. */
  readonly count: number | undefined;
  readonly blocks: readonly ListedBlock[];
  /** One line for each damaged part. */
  readonly damaged: readonly string[];
}

/** The most images in a list, and characters in their names, since a list is held in memory. */
const [MOST_LISTED, MOST_LISTED_CHARACTERS] = [2 ** 20, 2 ** 25];

/**
 * Lists the images of a file, without its model.
 *
 * @param isChosen whether to list an image, by its name and position; by default, all are listed
 * @param mayInclude whether a range of positions can contain chosen images; default: every range can
 * @throws UserError (`unsupported`) if a list would have too many images
 */
export async function listImages(
  { bytes, header, source }: Omit<CompressedFile, 'model'>,
  isChosen: (name: string, position: number) => boolean = () => true,
  mayInclude?: BlockFilter,
): Promise<Listing> {
  const [images, blocks, damaged]: [ListedImage[], ListedBlock[], string[]] = [[], [], []];
  const lost = new LostImages((problem) => damaged.push(`${source}: ${problem}`));
  let characters = 0;
  if (await header.isModelDamaged()) {
    damaged.push(`${source}: the model in it is damaged`);
  }
  for await (const record of recordsIn(bytes, header.end)) {
    const { kind, number, start, end } = record;
    if (kind === 'end') {
      const fileEnd = await readEnd(record);
      if (fileEnd) {
        lost.takeEnd(fileEnd, end);
      }
    } else if (lost.takeNumber(number)) {
      const { block, isSound } = await readBlock(record, header, mayInclude);
      const described = block && lost.isPossible(number, block) ? block : undefined;
      if (described === undefined || !isSound) {
        lost.takeDamaged(number, described);
        continue;
      }
      lost.takeRead(number, described);
      const { first, count, values } = described;
      const { names, shapes } = described.images ?? { names: [], shapes: [] };
      for (const [index, name] of names.entries()) {
        const position = first + index;
        if (isChosen(name, position)) {
          images.push({ position, name, shape: shapes[index]!, block: number });
          characters += name.length;
        }
      }
      if (images.length > MOST_LISTED || characters > MOST_LISTED_CHARACTERS) {
        throw new UserError(
          'unsupported',
          phrase`${source} has too many images to list (more than ${MOST_LISTED}, or ${MOST_LISTED_CHARACTERS} characters of names): choose some with ${option('range', '0-99999')}`,
        );
      }
      const size = end - start;
      blocks.push({ block: number, images: count, bytes: size, bitsPerDim: (8 * size) / values });
    }
  }
  lost.finish(bytes.size);
  return { images, count: lost.count, blocks, damaged };
}
