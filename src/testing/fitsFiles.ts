// FITS files card by card, for tests.

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
