// Values that are NaN or infinite, which no model can learn from, and images of one kind in one array.
import { UserError } from '../../core/errors.ts';
import {
  copyInto,
  countNonFinite,
  kindInWords,
  type Values,
  valueKind,
  zeros,
} from '../../core/numeric/index.ts';
import { commonKind, inKind } from './bitDepth.ts';

/** The message about an image, or a point, with so many such values. */
export function notFinite(name: string, count: number, noun = 'image'): string {
  return `${name}: ${count === 1 ? '1 value is' : `${count} values are`} NaN or infinite; replace them, or remove the ${noun}`;
}

/** The most images with such values that an error names. */
const MOST_NAMED = 3;

/** Counts the values of images that are NaN or infinite. */
export class NotFiniteValues {
  private values = 0;
  private images = 0;
  private readonly names: string[] = [];

  /** Counts the values of an image. */
  add(name: string, data: Values): void {
    const count = countNonFinite(data);
    if (count > 0) {
      this.values += count;
      this.images++;
      this.names.push(...(this.names.length < MOST_NAMED ? [name] : []));
    }
  }

  /**
   * @param source where the images are from
   * @param count how many images there are
   * @param kind what they are
   * @throws UserError (`invalid-data`) if there were any: with their number, and the names of the first images
   */
  refuse(source: string, count: number, kind = 'images'): void {
    if (this.images > 0) {
      const others = this.images > this.names.length ? ', …' : '';
      throw new UserError(
        'invalid-data',
        `${source}: ${this.values} ${this.values === 1 ? 'value is' : 'values are'} NaN or infinite, in ${this.images} of ${count} ${kind} ` +
          `(${this.names.join(', ')}${others}): replace them, or remove these images`,
      );
    }
  }
}

/**
 * Images, with their names, one after the other; next to 8-bit images, 16-bit images are rounded to 8.
 *
 * @throws UserError (`invalid-data`) if only some have real numbers, or values are NaN or infinite
 */
export function joined(images: readonly (readonly [name: string, values: Values])[]): Values {
  const [[first, { length: size }] = ['', new Uint8Array(0)]] = images;
  let kind = valueKind(images[0]?.[1]) ?? 'uint8';
  const wrong = new NotFiniteValues();
  for (const [name, values] of images) {
    const valuesKind = valueKind(values)!;
    const common = commonKind(kind, valuesKind);
    if (common === undefined) {
      throw new UserError(
        'invalid-data',
        `the values of ${name} are ${kindInWords(valuesKind)}, but those of ${first} are ${kindInWords(kind)}: give images of one kind`,
      );
    }
    kind = common;
    wrong.add(name, values);
  }
  wrong.refuse('the images', images.length);
  const out = zeros(kind, images.length * size);
  images.forEach(([, values], index) => {
    copyInto(out, inKind(values, kind), index * size);
  });
  return out;
}
