// The blocks that an interrupted call has written: they are taken as they are for the same images, and for no others.
import { UserError } from '../errors.ts';
import type { ImageShape } from '../numeric/imageShape.ts';
import type { RandomAccess } from '../storage/randomAccess.ts';
import type { BlockBytes } from './blocks.ts';
import { type BlockImages, blockAbout, readBlockAbout } from './file/abouts.ts';
import { type FoundRecord, recordsIn } from './file/records.ts';

/** The start of a file that was not finished. */
export interface EarlierFile {
  readonly bytes: RandomAccess;
  /** Its path, for errors. */
  readonly source: string;
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
 * @param start how the file has to begin
 * @throws UserError (`mismatch`) if it begins otherwise: with another model, say
 */
export async function earlierBlocks(
  { bytes, source }: EarlierFile,
  start: Uint8Array,
  imageShape: ImageShape,
): Promise<EarlierBlocks> {
  const found = await bytes.read(0, Math.min(bytes.size, start.length));
  if (found.length < start.length || !start.every((byte, index) => byte === found[index])) {
    throw otherwise(`${source} was begun with another model, or with other options`);
  }
  const blocks = new Map<number, FoundRecord>();
  for await (const record of recordsIn(bytes, start.length)) {
    if (record.kind === 'block') {
      blocks.set(record.number, record);
    }
  }
  return {
    async find(number, images) {
      const record = await blocks.get(number)?.read();
      const known = record && readBlockAbout(record.about, imageShape);
      if (record === undefined || known === undefined) {
        return undefined;
      }
      const { runs } = known;
      if (blockAbout({ ...images, runs }, imageShape) !== record.about) {
        throw otherwise(`${source} has other images in block ${number}, or blocks of another size`);
      }
      return { runs, bytes: record.bytes };
    },
  };
}

function otherwise(problem: string): UserError {
  return new UserError(
    'mismatch',
    `cannot resume: ${problem}; repeat the same call, or start again without resuming`,
  );
}
