// Images of one shape in one array.
import { UserError } from '../../errors.ts';
import { copyInto, kindInWords, kindOf, type Values, zeros } from '../../numeric/values.ts';
import { commonKind, inKind } from './bitDepth.ts';
import { NotFiniteValues } from './finite.ts';

/**
 * Images, with their names, one after the other; beside images of 8 bits, those of 16 are rounded to 8.
 *
 * @throws UserError (`invalid-data`) if only some have real numbers, or values are NaN or infinite
 */
export function joined(images: readonly (readonly [name: string, values: Values])[]): Values {
  const [[first, { length: size }] = ['', new Uint8Array(0)]] = images;
  let kind = kindOf(images[0]?.[1]) ?? 'uint8';
  const wrong = new NotFiniteValues();
  for (const [name, values] of images) {
    const own = kindOf(values)!;
    const common = commonKind(kind, own);
    if (common === undefined) {
      throw new UserError(
        'invalid-data',
        `the values of ${name} are ${kindInWords(own)}, but those of ${first} are ${kindInWords(kind)}: give images of one kind`,
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
