// Values that are NaN or infinite, which no model can learn from.
import { UserError } from '../../errors.ts';
import type { Values } from '../../numeric/values.ts';

/** How many values are NaN or infinite. */
export function countNotFinite(values: Values): number {
  if (!(values instanceof Float32Array)) {
    return 0;
  }
  let count = 0;
  for (let index = 0; index < values.length; index++) {
    count += Number.isFinite(values[index]!) ? 0 : 1;
  }
  return count;
}

/** The message about an image with so many such values. */
export function notFinite(name: string, count: number): string {
  return `${name}: ${count === 1 ? '1 value is' : `${count} values are`} NaN or infinite; replace them, or remove the image`;
}

/** The most images with such values that an error names. */
const MOST_NAMED = 3;

/** Counts the values of images that are NaN or infinite. */
export class NotFiniteValues {
  private values = 0;
  private images = 0;
  private readonly names: string[] = [];

  /** Counts those of an image. */
  add(name: string, data: Values): void {
    const count = countNotFinite(data);
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
