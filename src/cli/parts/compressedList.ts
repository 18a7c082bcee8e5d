// What a compressed file contains, as `emerging decompress --list` prints it, without decoding.
import { type Listing, listImages, requireModelOf } from '../../codec/compressedFile.ts';
import { type ReadHeader, readHeader } from '../../codec/file/header.ts';
import { showImageShape } from '../../numeric/imageShape.ts';
import type { RandomAccess } from '../../storage/randomAccess.ts';
import type { TrainedModel } from '../../trained/model/trainedModel.ts';
import { formatBytes, formatCounted } from '../terminal/format.ts';
import { noteOnStderr, writeStdout } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';
import { type ChosenImages, requireChosen } from './chosenImages.ts';

/**
 * Prints the chosen images of a file, its blocks and its model.
 *
 * @returns whether the file is intact; stderr says what isn't
 * @throws UserError (`invalid-data`) if it is another kind of file; (`mismatch`) if it was compressed with another model than
 * the given one; (`not-found`) if a chosen image isn't in it
 */
export async function printList(
  bytes: RandomAccess,
  source: string,
  {
    given,
    chosen,
    json,
  }: { readonly given: TrainedModel | undefined; readonly chosen: ChosenImages; readonly json: boolean },
): Promise<boolean> {
  const header = await readHeader(bytes, source);
  if (given) {
    requireModelOf(header, given, source);
  }
  const listing = await listImages({ bytes, header, source }, chosen.isChosen, chosen.mayInclude);
  const { images, count, damaged, blocks } = listing;
  damaged.forEach(noteOnStderr);
  requireChosen(chosen, { source, count }, images.length);
  const { model: fingerprint, modelBytes, imageShape, tiles } = header;
  const model = { fingerprint, bytes: modelBytes, imageShape };
  writeStdout(
    json
      ? `${JSON.stringify({ file: source, bytes: bytes.size, model, tiles, images, blocks, damaged })}\n`
      : `${textOf(listing, header, { bytes: bytes.size, isGiven: given !== undefined })}\n`,
  );
  return damaged.length === 0;
}

function textOf(
  { images, blocks }: Listing,
  header: ReadHeader,
  { bytes, isGiven }: { readonly bytes: number; readonly isGiven: boolean },
): string {
  const { model, modelBytes, imageShape, tiles } = header;
  const right = (title: string) => ({ title, align: 'right' }) as const;
  const inAll = blocks.reduce((sum, block) => sum + block.images, 0);
  const where = modelBytes > 0 ? formatBytes(modelBytes) : 'not in the file, to be named with --model';
  const same = isGiven ? ', as of the given model' : '';
  const blockRows = blocks.map((one) => [
    String(one.block),
    String(one.images),
    formatBytes(one.bytes),
    one.bitsPerDim.toFixed(3),
  ]);
  const imageRows = images.map(({ position, block, shape, name }) => [
    String(position),
    String(block),
    showImageShape(shape),
    name,
  ]);
  return [
    `${formatCounted(inAll, 'image')} in ${formatCounted(blocks.length, 'block')}, ${formatBytes(bytes)}`,
    `model: ${where}; ${tiles ? 'tiles' : 'images'} of ${showImageShape(imageShape)}; fingerprint ${model}${same}`,
    '',
    formatTable(['BLOCK', 'IMAGES', 'BYTES', 'BITS/DIM'].map(right), blockRows),
    '',
    formatTable([...['POSITION', 'BLOCK', 'SHAPE'].map(right), { title: 'NAME' }], imageRows),
  ].join('\n');
}
