// Conditions: numbers and images that accompany each image, by name, that a density can depend on.
import { type Phrase, UserError } from '../../core/errors.ts';
import { countElements, type NdArray } from '../../core/numeric/index.ts';
import { type Conditions, type ConditionValues, checkIndex, type ImageSet } from './dataset.ts';

/** The most components of a condition. */
export const MOST_COMPONENTS = 256;

/** The names that components may have, and what these are in words: options and lists separate them by = and commas. */
export const componentNames = {
  pattern: /^(?!__proto__$)[^\s=,]{1,64}$/,
  what: '1 to 64 characters without spaces, commas and =, but not __proto__',
} as const;

/** A condition that images must have. */
export interface RequiredCondition {
  readonly name: string;
  /** The shape of its values for each image: `[1]` for a number, `[K]` for several, `[H, W, K]` for an image. */
  readonly shape: readonly number[];
}

/** Whether a condition with this shape is an image. */
export function isConditionImage({ shape }: Pick<RequiredCondition, 'shape'>): boolean {
  return shape.length > 1;
}

/** Which conditions of images are wanted. */
export interface WantedConditions {
  /** Their file; by default the one next to the images. */
  readonly from?: string | undefined;
  /** Their names; by default all. */
  readonly names?: readonly string[] | undefined;
  /** The name of conditions from a file without names; by default `condition`. */
  readonly called?: string | undefined;
  /** Whether they are images, for an array that may be one; default false. */
  readonly areImages?: boolean;
  /** @internal What to do without a file next to the images; by default, to name one with data.conditions. */
  readonly otherwise?: Phrase;
}

/**
 * Images with conditions.
 *
 * @param values the values of each condition, image after image: a number for each image, or H·W numbers, the pixels
 *   of an image of one channel; others are arrays with a shape, `[N, …]`
 * @param source where they come from, for errors
 * @throws UserError (`invalid-data`) if their number is neither, one of them is not a finite number in float32, a name is not
 *   possible, or there are too many components
 * @example
 * ```ts
 * import { conditioned, imagesInMemory } from 'emerging-flows/data';
 *
 * const maps = imagesInMemory(new Float32Array(3 * 8 * 8), [8, 8, 1]);
 * const images = conditioned(maps, { omega: [0.2, 0.3, 0.4] }, 'maps');
 * ```
 */
export function conditioned(
  images: ImageSet,
  values: Readonly<Record<string, ArrayLike<number> | NdArray>>,
  source: string,
): ImageSet {
  const {
    count,
    imageShape: [height, width],
  } = images;
  const area = height * width;
  const conditions = Object.fromEntries(
    Object.entries(values).map(([name, entry]) => {
      const data = 'shape' in entry ? entry.data : entry;
      let shape: readonly number[] = data.length === count ? [1] : [height, width, 1];
      if ('shape' in entry) {
        const [rows, ...each] = entry.shape;
        shape = each.length > 0 ? each : [1];
        if (rows !== count || countElements(entry.shape) !== data.length) {
          throw new UserError(
            'invalid-data',
            `${source}: the condition ${name} has shape [${entry.shape}] and ${data.length} values for ${count} images: its first axis must be the images`,
          );
        }
      } else if (data.length !== count && data.length !== count * area) {
        throw new UserError(
          'invalid-data',
          `${source}: the condition ${name} has ${data.length} values for ${count} images: expected ${count}, or ${count * area} for images of ${height}x${width}`,
        );
      }
      return [name, conditionValues(data, { count, shape, what: `${source}: ${name}` })];
    }),
  );
  return withConditions(images, conditions, source);
}

/**
 * Images with conditions that may be read when they are used.
 *
 * @param source where they come from, for errors
 * @throws UserError (`invalid-data`) if a name is not possible, or there are too many components
 */
export function withConditions(images: ImageSet, conditions: Conditions, source: string): ImageSet {
  const names = Object.keys(conditions);
  if (names.length > MOST_COMPONENTS) {
    throw new UserError(
      'invalid-data',
      `${source}: ${names.length} conditions are too many: choose at most ${MOST_COMPONENTS}`,
    );
  }
  const unusable = names.find((name) => !componentNames.pattern.test(name));
  if (unusable !== undefined) {
    throw new UserError(
      'invalid-data',
      `${source}: a condition cannot be named '${unusable}': use ${componentNames.what}${unusable.startsWith('# ') ? " (np.savetxt adds no # with comments='')" : ''}`,
    );
  }
  return { ...images, conditions };
}

/**
 * The values of a component in memory, which are copied.
 *
 * @throws UserError (`invalid-data`) if one of them is not a finite number in float32, the precision of models
 */
export function conditionValues(
  data: ArrayLike<number>,
  {
    count,
    shape,
    what: subject,
  }: { readonly count: number; readonly shape: readonly number[]; readonly what: string },
): ConditionValues {
  const size = countElements(shape);
  const copy = Float64Array.from(data);
  const wrong = copy.findIndex((value) => !Number.isFinite(Math.fround(value)));
  if (wrong !== -1) {
    throw new UserError(
      'invalid-data',
      `${subject}: the value of image ${Math.floor(wrong / size)} is ${copy[wrong]}: expected finite numbers of float32`,
    );
  }
  return {
    shape,
    read(indices, out) {
      for (let position = 0; position < indices.length; position++) {
        const index = checkIndex(indices[position]!, count);
        out.set(copy.subarray(index * size, (index + 1) * size), position * size);
      }
    },
  };
}
