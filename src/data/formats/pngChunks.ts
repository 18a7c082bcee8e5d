// The chunks of a PNG file that define its pixels, checked and decompressed; all others are skipped.
import { dataView, latin1Text } from './bytes.ts';
import { crc32, inflateZlib, TooLarge } from './compression.node.ts';

/** The fields of the header. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits per sample. */
  readonly depth: number;
  /** Samples per pixel. */
  readonly channels: 1 | 2 | 3 | 4;
  /** Whether samples are indices into the palette. */
  readonly indexed: boolean;
  readonly interlaced: boolean;
}

/** A PNG file before decompression. */
export interface PngChunks {
  readonly header: PngHeader;
  /** RGB colours, three bytes each. */
  readonly palette: Uint8Array;
  /**
   * The alpha of each palette entry, or a single transparent colour, two bytes per channel; usually empty.
   */
  readonly transparency: Uint8Array;
  /** EXIF data; usually empty. */
  readonly exif: Uint8Array;
}

/** A PNG file with decompressed data. */
export interface InflatedPng extends PngChunks {
  /** The rows of one or up to seven passes, each preceded by its filter byte. */
  readonly data: Uint8Array;
}

const signature = '\x89PNG\r\n\x1a\n';
/** Length, type and checksum of a chunk. */
const frameLength = 12;
/** Samples per pixel and valid depths, by colour type. */
const colourTypes: Readonly<Record<number, { channels: 1 | 2 | 3 | 4; depths: readonly number[] }>> = {
  0: { channels: 1, depths: [1, 2, 4, 8, 16] },
  2: { channels: 3, depths: [8, 16] },
  3: { channels: 1, depths: [1, 2, 4, 8] },
  4: { channels: 2, depths: [8, 16] },
  6: { channels: 4, depths: [8, 16] },
};
const indexedType = 3;
/** The most chunks: those with data are kept until decompression. libpng writes one per 8 KiB of data. */
const mostChunks = 2 ** 18;
/** Some programs write a few bytes after the last row. */
const trailingBytes = 1024;

/** Whether a file that starts with these bytes is a PNG file. */
export function hasPngSignature(bytes: Uint8Array): boolean {
  return latin1Text(bytes.subarray(0, signature.length)) === signature;
}

/**
 * Reads the chunks of a PNG file and decompresses its data, into one array of the size given by the header.
 *
 * @throws Error if it is corrupt; errors of `begin`
 */
export async function inflatePng(
  bytes: Uint8Array,
  begin: (chunks: PngChunks) => Promise<void>,
): Promise<InflatedPng> {
  const view = dataView(bytes);
  const data: Uint8Array[] = [];
  let header: PngHeader | undefined;
  let [palette, transparency, exif] = [new Uint8Array(), new Uint8Array(), new Uint8Array()];
  for (let offset = signature.length, type = '', count = 1; type !== 'IEND'; count++) {
    if (count > mostChunks) {
      throw new Error(`it has more than ${mostChunks} chunks`);
    }
    const end =
      offset + frameLength <= bytes.length ? offset + frameLength + view.getUint32(offset) : Infinity;
    if (end > bytes.length) {
      throw new Error(`it ends after ${bytes.length} bytes`);
    }
    type = latin1Text(bytes.subarray(offset + 4, offset + 8));
    const content = bytes.subarray(offset + 8, end - 4);
    if ((type === 'IHDR') !== (header === undefined)) {
      throw new Error(header ? 'it has two headers' : 'it does not start with a header');
    }
    if (['IHDR', 'PLTE', 'tRNS', 'eXIf', 'IDAT', 'IEND'].includes(type)) {
      if (crc32(bytes.subarray(offset + 4, end - 4)) !== view.getUint32(end - 4)) {
        throw new Error(`its chunk ${type} does not match its checksum`);
      }
    }
    if (type === 'IHDR') {
      header = readHeader(content);
    } else if (type === 'PLTE') {
      palette = Uint8Array.from(content);
    } else if (type === 'tRNS') {
      transparency = Uint8Array.from(content);
    } else if (type === 'eXIf') {
      exif = Uint8Array.from(content);
    } else if (type === 'IDAT') {
      data.push(content);
    }
    offset = end;
  }
  const chunks = { header: header!, palette, transparency, exif };
  await begin(chunks);
  return { ...chunks, data: await inflated(data, header!) };
}

/** The passes of an image: one, or the non-empty ones of Adam7. */
export function listPasses({ width, height, interlaced }: PngHeader): readonly Pass[] {
  if (!interlaced) {
    return [{ left: 0, top: 0, across: 1, down: 1, columns: width, rows: height }];
  }
  return adam7
    .map(([firstColumn, top, across, down]) => ({
      left: firstColumn,
      top,
      across,
      down,
      columns: Math.ceil((width - firstColumn) / across),
      rows: Math.ceil((height - top) / down),
    }))
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
}

/** A subimage: every `across`-th pixel of every `down`-th row, starting at (`left`, `top`). */
export interface Pass {
  readonly left: number;
  readonly top: number;
  readonly across: number;
  readonly down: number;
  readonly columns: number;
  readonly rows: number;
}

const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** The bytes of a row of a pass, without its filter byte. */
export function rowBytes({ depth, channels }: PngHeader, columns: number): number {
  return Math.ceil((columns * channels * depth) / 8);
}

async function inflated(data: readonly Uint8Array[], header: PngHeader): Promise<Uint8Array> {
  const size = listPasses(header).reduce(
    (sum, { columns, rows }) => sum + rows * (1 + rowBytes(header, columns)),
    0,
  );
  const bytes = await inflateZlib(data, size + trailingBytes).catch((cause: unknown) => {
    const why = `its data has more bytes than the ${size} that its header requires`;
    throw cause instanceof TooLarge ? new Error(why, { cause }) : cause;
  });
  if (bytes.length < size) {
    throw new Error(`its data has ${bytes.length} bytes, but its header requires ${size}`);
  }
  return new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, size);
}

function readHeader(chunk: Uint8Array): PngHeader {
  if (chunk.length !== 13) {
    throw new Error(`its header has ${chunk.length} bytes`);
  }
  const view = dataView(chunk);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, type, interlacing] = [view.getUint8(8), view.getUint8(9), view.getUint8(12)];
  const { channels, depths } = colourTypes[type] ?? { channels: 1, depths: [] };
  if (!depths.includes(depth)) {
    throw new Error(`its header has colour type ${type} with ${depth} bits per sample`);
  }
  if (view.getUint8(10) !== 0 || view.getUint8(11) !== 0 || interlacing > 1) {
    throw new Error('its header has an unknown compression, filter or interlace method');
  }
  const indexed = type === indexedType;
  if (width === 0 || height === 0) {
    throw new Error(`its header says ${height}x${width} pixels`);
  }
  return { width, height, depth, channels, indexed, interlaced: interlacing === 1 };
}
