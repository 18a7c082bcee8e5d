// The schema of `model.condition`: `true`, names, or, once training has begun, components with their scales.
import * as z from 'zod/mini';
import { componentNames, MOST_COMPONENTS } from '../../data/contract/index.ts';

const text = `true, a list of names of conditions, or one of components with name, mean, deviation (above 0) and, for images, image: true; names are different and have ${componentNames.what}`;

const componentName = z.string(text).check(z.regex(componentNames.pattern, text));
const component = z.strictObject(
  {
    /** What the data call it. */
    name: componentName,
    /** Its mean over the training images. */
    mean: z.number(text),
    /** Its standard deviation over the training images. */
    deviation: z.number(text).check(z.gt(0, text)),
    /** Whether it is an image; default false: a number. */
    image: z.exactOptional(z.boolean(text)),
  },
  text,
);
const components = z.array(component, text).check(
  z.minLength(1, text),
  z.maxLength(MOST_COMPONENTS, text),
  z.refine(
    (all: readonly { readonly name: string }[]) => new Set(all.map(({ name }) => name)).size === all.length,
    text,
  ),
);
const conditionNames = z.array(componentName, text).check(
  z.minLength(1, text),
  z.maxLength(MOST_COMPONENTS, text),
  z.refine((all: readonly string[]) => new Set(all).size === all.length, text),
);

/** The values of `model.condition`. */
export const conditionSchema = z.union([z.literal(true), conditionNames, components], text);
