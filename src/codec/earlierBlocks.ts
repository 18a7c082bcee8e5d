// The blocks that an interrupted call has written: they are taken as they are for the same images, and for no others.
import { option, type Phrase, phrase, UserError } from '../errors.ts';
import type { RandomAccess } from '../storage/randomAccess.ts';
import type { BlockBytes } from './blocks.ts';
import { type BlockImages, blockAbout, type DescribedBlock, readBlockAbout } from './file/abouts.ts';
import { type FileHeader, readHeader } from './file/header.ts';
import { type FoundRecord, recordsIn } from './file/records.ts';

/** The start of a file that was not finished. */
export interface EarlierFile {
  readonly bytes: RandomAccess;
  /** Its path, for errors. */
  readonly source: string;
}

/** How the file is written now. */
interface WrittenNow {
  /** Its first bytes. */
  readonly start: Uint8Array;
  readonly header: FileHeader;
  readonly withModel: boolean;
  /** The number of images of every block but the last, if it is the same for all. */
  readonly block?: number;
}

/** Finds earlier blocks. */
export interface EarlierBlocks {
  /**
   * The block with a number, if it was written.
   *
   * @throws UserError (`mismatch`) if it has other images
   */
  find(
    number: number,
    images: Omit<BlockImages, 'runs'> & { readonly pixels: Uint8Array },
  ): Promise<BlockBytes | undefined>;
}

/**
 * The blocks of an earlier file.
 *
 * @throws UserError (`mismatch`) if it was begun otherwise: with another model, say; (`invalid-data`) if it isn't one
 */
export async function earlierBlocks(earlier: EarlierFile, now: WrittenNow): Promise<EarlierBlocks> {
  const { bytes, source } = earlier;
  const { start, block } = now;
  const { imageShape } = now.header;
  const found = await bytes.read(0, Math.min(bytes.size, start.length));
  if (found.length < start.length || !start.every((byte, index) => byte === found[index])) {
    throw otherwise(source, await differenceOf(earlier, now));
  }
  const blocks = new Map<number, FoundRecord>();
  for await (const record of recordsIn(bytes, start.length)) {
    if (record.kind === 'block') {
      blocks.set(record.number, record);
    }
  }
  const described = async (record: FoundRecord | undefined): Promise<DescribedBlock | undefined> =>
    record && readBlockAbout(await record.readAbout(), record.bytes, now.header);
  const images = (await described(blocks.get(0)))?.names.length;
  // The last block may be smaller.
  if (block !== undefined && images !== undefined && (images > block || (images < block && blocks.has(1)))) {
    throw otherwise(source, phrase`with ${option('block', images)}`);
  }
  return {
    async find(number, images) {
      const record = blocks.get(number);
      const known = await described(record);
      if (record === undefined || known === undefined) {
        return undefined;
      }
      const { runs } = known;
      if (blockAbout({ ...images, runs }, imageShape) !== (await record.readUnchecked())) {
        throw otherwise(source, otherImages(known, images, now.header));
      }
      return { runs, bytes: await record.readBytes() };
    },
  };
}

/** How the beginning of a file differs from that of the file that is written now. */
async function differenceOf(
  { bytes, source }: EarlierFile,
  { header, withModel }: WrittenNow,
): Promise<Phrase> {
  const found = await readHeader(bytes, source).catch((error) => {
    throw new UserError(
      'invalid-data',
      phrase`cannot resume: ${source} is not the beginning of a compressed file; leave out ${option('resume', true)} to start again`,
      { cause: error },
    );
  });
  if (found.model !== header.model) {
    return [`with another model (fingerprint ${found.model.slice(0, 16)})`];
  }
  if (found.tiles !== header.tiles) {
    return phrase`${found.tiles ? 'with' : 'without'} ${option('tiles', true)}`;
  }
  if (found.modelBytes > 0 !== withModel) {
    return phrase`${withModel ? 'with' : 'without'} ${option('no-embed', true)}`;
  }
  return ['by another version of the program'];
}

/** How the images of a block differ from those that it would have now. */
function otherImages(
  { first, names }: DescribedBlock,
  now: Pick<BlockImages, 'names'>,
  { tiles }: FileHeader,
): Phrase {
  const at = names.findIndex((name, index) => name !== now.names[index]);
  const [then, instead] = [names[at], now.names[at]];
  const isLonger = then === undefined && names.length < now.names.length;
  // The number of tiles in a block is unknown: images have several.
  if (tiles && (isLonger || (then !== undefined && instead === undefined))) {
    return ['with another number of tiles per block, or with other images'];
  }
  if (then === undefined) {
    return isLonger
      ? phrase`with ${option('block', names.length)}, or with fewer images`
      : ['with other pixels in the same images'];
  }
  return [`with ${then} at position ${first + at}, where ${instead ?? 'no image'} is now`];
}

function otherwise(source: string, how: Phrase): UserError {
  return new UserError(
    'mismatch',
    phrase`cannot resume: ${source} was begun ${how}; repeat that call, or leave out ${option('resume', true)} to start again`,
  );
}
