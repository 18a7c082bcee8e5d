// Pictures as PNG, by Node's zlib, which takes a fraction of the time of fast-png (`encodePng.web.ts`).
import { crc32, deflateSync } from 'node:zlib';
import { joinBytes } from '../../core/numeric/index.ts';

/** A picture with 8 bits per channel: grey, grey and alpha, RGB or RGB and alpha. */
interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

const signature = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
/** The colour types of PNG by the number of channels. */
const colourTypes: Readonly<Record<number, number>> = { 1: 0, 2: 4, 3: 2, 4: 6 };
/** The numbers of filters, which write a row less the pixel to its left, or less the row above; 0 is no filter. */
const filters = { left: 1, above: 2 };

/** A picture as the bytes of a PNG. */
export function encodePng(picture: Picture): Uint8Array<ArrayBuffer> {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, picture.width);
  header.setUint32(4, picture.height);
  header.setUint8(8, 8);
  header.setUint8(9, colourTypes[picture.channels]!);
  return joinBytes([
    signature,
    chunk('IHDR', new Uint8Array(header.buffer)),
    chunk('IDAT', compressed(picture)),
    chunk('IEND', new Uint8Array()),
  ]);
}

/** The rows, deflated with or without filters: those suit images and enlarged pixels, but not lines and text. */
function compressed(picture: Picture): Uint8Array {
  const [plain, filtered] = [false, true].map((isFiltered) => deflateSync(rows(picture, isFiltered)));
  return filtered!.length < plain!.length ? filtered! : plain!;
}

/** The rows, each after the number of its filter. */
function rows({ width, height, channels, data }: Picture, isFiltered: boolean): Uint8Array {
  const length = width * channels;
  const filteredRows = new Uint8Array(height * (length + 1));
  for (let row = 0; row < height; row++) {
    const values = data.subarray(row * length, (row + 1) * length);
    const target = filteredRows.subarray(row * (length + 1), (row + 1) * (length + 1));
    if (!isFiltered) {
      target.set(values, 1);
    } else if (row > 0 && Buffer.compare(values, data.subarray((row - 1) * length, row * length)) === 0) {
      // Enlarged pixels: the difference is zero.
      target[0] = filters.above;
    } else {
      target[0] = filters.left;
      target.set(values.subarray(0, channels), 1);
      for (let index = channels; index < length; index++) {
        target[1 + index] = values[index]! - values[index - channels]!;
      }
    }
  }
  return filteredRows;
}

/** A chunk of a file: the length of its content, its type, the content and a checksum of both. */
function chunk(type: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set(Buffer.from(type, 'latin1'), 4);
  bytes.set(content, 8);
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(4, -4)));
  return bytes;
}
