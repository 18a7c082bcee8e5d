// The labels in a packed file: a line with the names of the classes as JSON, then the number of each image's class, 16
// bits each, little-endian.
import * as z from 'zod/mini';
import { LONGEST_CLASS_NAME, MOST_CLASSES } from '../contract/labels.ts';

/** The labels of all images of a packed file, in order. */
export interface StoredLabels {
  /** The names of the classes. */
  readonly classes: readonly string[];
  /** The number of the class of each image. */
  readonly numbers: ArrayLike<number>;
}

const classesSchema = z
  .array(z.string().check(z.maxLength(LONGEST_CLASS_NAME)))
  .check(z.minLength(1), z.maxLength(MOST_CLASSES));
const newLine = 0x0a;

/** The most bytes that the labels of so many images take: six bytes for each character of a name, in JSON. */
export function mostLabelBytes(images: number): number {
  return MOST_CLASSES * (6 * LONGEST_CLASS_NAME + 3) + 2 + 2 * images;
}

/** Labels as bytes. */
export function labelBytes({ classes, numbers }: StoredLabels): Uint8Array {
  const line = new TextEncoder().encode(`${JSON.stringify(classes)}\n`);
  const bytes = new Uint8Array(line.length + 2 * numbers.length);
  bytes.set(line);
  const view = new DataView(bytes.buffer, line.length);
  for (let index = 0; index < numbers.length; index++) {
    view.setUint16(2 * index, numbers[index]!, true);
  }
  return bytes;
}

/** The labels of so many images in these bytes, or what is wrong with them, in words. */
export function labelsIn(bytes: Uint8Array, images: number): StoredLabels | string {
  const end = bytes.indexOf(newLine) + 1;
  const classes = classesIn(new TextDecoder().decode(bytes.subarray(0, end)));
  if (classes === undefined) {
    return 'its class names are not a JSON array of strings';
  }
  const found = (bytes.length - end) / 2;
  if (found !== images) {
    return `it has ${found} labels for ${images} images`;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + end);
  const numbers = Uint16Array.from({ length: images }, (_, index) => view.getUint16(2 * index, true));
  const wrong = numbers.findIndex((number) => number >= classes.length);
  return wrong === -1
    ? { classes, numbers }
    : `image ${wrong} has label ${numbers[wrong]}, but there are ${classes.length} classes`;
}

function classesIn(line: string): string[] | undefined {
  try {
    return classesSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
