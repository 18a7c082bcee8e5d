// Sizes of the same images in several forms, as numbers and as text.
import { plural } from '../../numbers.ts';
import type { CompressedImages } from '../../work/codecTasks.ts';

/** The size of images in one form. */
export interface Size {
  readonly name: string;
  readonly bytes: number;
  /** Whether it is the compressed form. */
  readonly isOwn: boolean;
}

/** The sizes to compare, without the model. */
export function listSizes({ values, fileBytes, pngBytes, bytes, modelBytes }: CompressedImages): Size[] {
  const rival = (name: string, bytes: number): Size => ({ name, bytes, isOwn: false });
  return [
    rival('Pixels, 8 bits per value', values),
    ...(fileBytes === undefined ? [] : [rival('Your files', fileBytes)]),
    rival('PNG, about', pngBytes),
    { name: 'Compressed', bytes: bytes - modelBytes, isOwn: true },
  ];
}

/** A number of bytes: `74.1 KiB`. */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  const power = bytes < 1024 ? 0 : Math.min(3, Math.floor(Math.log2(bytes) / 10));
  return `${power === 0 ? Math.round(bytes) : (bytes / 1024 ** power).toFixed(1)} ${units[power]}`;
}

/** Bits per image, and per value. */
export function bitsText(bytes: number, images: number, values: number): string {
  const perImage = Math.round((8 * bytes) / images).toLocaleString('en');
  return `${perImage} bits per image, ${((8 * bytes) / values).toFixed(3)} per value`;
}

/** What the file contains. */
export function headingText({ images, bytes, modelBytes }: CompressedImages): string {
  const ownSize = `${plural(images, 'image')} in ${bytesText(bytes - modelBytes)}`;
  return modelBytes > 0 ? `${ownSize}, with the model ${bytesText(bytes)}` : ownSize;
}

/** Whether the file is smaller than PNG, and from how many images on it would be. */
export function verdictText({ bytes, modelBytes, pngBytes, paysFrom }: CompressedImages): string {
  const saved = pngBytes - (bytes - modelBytes);
  if (saved <= 0) {
    return 'PNG would be smaller: these are few images, or they differ from those that the model was trained on. Keep PNG, add images, or train a model on images like these.';
  }
  const less = `${Math.round((100 * saved) / pngBytes)} % smaller than PNG`;
  if (bytes < pngBytes) {
    return `${less}${modelBytes > 0 ? ', without the model' : ''}.`;
  }
  return `${less}, without the model, which is stored once and pays from about ${paysFrom.toLocaleString('en')} such images on.`;
}
