// Tiny fields of real numbers, to train on within a second, and files of them.

import { RandomStream } from '../core/numeric/random.ts';
import { npyBytes } from '../data/formats/npy.ts';
import { tinyImages } from './tinyImages.ts';

/** `count` fields of `size` x `size` values around 280 with a deviation of about 5: spots, and normal noise. */
export function tinyFields(count: number, size: number, seed: number): Float32Array {
  const random = new RandomStream(seed, 'fields');
  return Float32Array.from(tinyImages(count, size, seed), (value) => 275 + value / 12 + random.normal());
}

/** A .npy file of tiny fields, `[count, size, size]`. */
export function npyOfFields(fields: Float32Array, size: number): Uint8Array {
  return npyBytes(fields, [fields.length / size ** 2, size, size]);
}

/** A FITS file of one field. */
export function fitsOfField(field: Float32Array, size: number): Uint8Array {
  const data = Buffer.alloc(4 * field.length);
  field.forEach((value, index) => {
    data.writeFloatBE(value, 4 * index);
  });
  return fitsPart(fitsImage(-32, size, size), data);
}

/** A part of a FITS file with these cards and data; the header is padded to whole blocks. */
export function fitsPart(cards: readonly string[], data: Uint8Array): Buffer {
  const text = [...cards, 'END'].map((card) => card.padEnd(80)).join('');
  return Buffer.concat([Buffer.from(text.padEnd(Math.ceil(text.length / 2880) * 2880), 'latin1'), data]);
}

/** A card of a keyword and its value. */
export function fitsCard(keyword: string, value: string | number): string {
  return `${keyword.padEnd(8)}= ${String(value).padStart(20)}`;
}

/** The cards of an image. */
export function fitsImage(bitpix: number, ...axes: number[]): string[] {
  return [
    fitsCard('SIMPLE', 'T'),
    fitsCard('BITPIX', bitpix),
    fitsCard('NAXIS', axes.length),
    ...axes.map((length, index) => fitsCard(`NAXIS${index + 1}`, length)),
  ];
}
