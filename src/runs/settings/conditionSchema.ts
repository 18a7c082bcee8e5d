// The schema of `model.condition`: `true`, names, or, once training has begun, components with their scales.
import * as z from 'zod/mini';
import { componentNames, MOST_COMPONENTS } from '../../data/contract/index.ts';

const text = `true, a list of names of conditions, or one of components with name, mean, deviation (above 0) and, unless it is a number, shape, [K] or [height, width, K]; names are different and have ${componentNames.what}`;

const componentName = z.string(text).check(z.regex(componentNames.pattern, text));
const length = z.int(text).check(z.minimum(1, text), z.maximum(2 ** 16, text));
const shape = z
  .array(length, text)
  .check(z.refine((lengths: readonly number[]) => lengths.length === 1 || lengths.length === 3, text));
const component = z.strictObject(
  {
    /** What the data call it. */
    name: componentName,
    /** Its mean over the training images. */
    mean: z.number(text),
    /** Its standard deviation over the training images. */
    deviation: z.number(text).check(z.gt(0, text)),
    /** The shape of its values for each image: `[K]` numbers, or an image `[H, W, K]`; default `[1]`, a number. */
    shape: z.exactOptional(shape),
  },
  text,
);
const components = z.array(component, text).check(
  z.minLength(1, text),
  z.maxLength(MOST_COMPONENTS, text),
  z.refine(
    (list: readonly { readonly name: string }[]) =>
      new Set(list.map(({ name }) => name)).size === list.length,
    text,
  ),
);
const conditionNames = z.array(componentName, text).check(
  z.minLength(1, text),
  z.maxLength(MOST_COMPONENTS, text),
  z.refine((names: readonly string[]) => new Set(names).size === names.length, text),
);

/** The values of `model.condition`. */
export const conditionSchema = z.union([z.literal(true), conditionNames, components], text);
