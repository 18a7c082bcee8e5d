// Public to other folders: compressing and decompressing.
export { codingBytes } from './blocks.ts';
export { type CodeLength, codeLengths } from './codeLengths.ts';
export { type CompressedSize, compress, compressParts, defaultBlock } from './compress.ts';
export {
  type CompressedFile,
  type Listing,
  listImages,
  openCompressed,
  readExtent,
  requireSameModel,
} from './compressedFile.ts';
export { type Decompressed, decompress, imagesFrom } from './decompress.ts';
export { isCompressed, type ReadHeader, readHeader } from './file/header.ts';
export { requireCodable } from './model/modelCoder.ts';
export type { NamedImage } from './namedImage.ts';
export { PngEstimate } from './pngEstimate.ts';
