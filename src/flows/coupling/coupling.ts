// The coupling layer: a mask, a conditioner and a transformer; and how it takes images apart by its mask.
import { UserError } from '../../core/errors.ts';
import { countElements, type ImageShape, once, otherParity, type Parity } from '../../core/numeric/index.ts';
import { constant, sameShape, showShape, type Tensor } from '../../tensor/index.ts';
import {
  add,
  concatenate,
  everyOther,
  invertPermutation,
  multiply,
  pad,
  remember,
  reorder,
  reshape,
  slice,
  split,
  sum,
  transpose,
} from '../../tensor/operations/index.ts';
import { type Bijection, bijection } from '../contract/bijection.ts';
import { type Condition, collectConditions, declared } from '../contract/condition.ts';
import { type Parameters, prefixed } from '../contract/parameters.ts';
import { affine } from './affine.ts';
import {
  besideContext,
  type Conditioner,
  type ConditionerFunction,
  type ContextFor,
  channelHalves,
  type Mask,
  type MaskFor,
  type Transformer,
  type TransformerFor,
} from './parts.ts';

/** The parts of a coupling. */
export interface CouplingParts {
  /** Which values stay, 1, and which change, 0; default: the first half of the channels stays. */
  readonly mask?: MaskFor;
  /** The network whose input is the unchanged values; a function if it has no parameters. */
  readonly conditioner: Conditioner | ConditionerFunction;
  /** How the others change: an elementwise bijection of them, or one for any shape; default: affine. */
  readonly transformer?: Transformer | TransformerFor;
  /** Additional network input from the condition; by default nothing. */
  readonly context?: ContextFor | undefined;
}

/**
 * A coupling: some values of an image, a, stay unchanged and determine how each of the others, b, is transformed:
 * b' = T(b; network(a)); ln|det| = Σ ln T'. It depends on the conditions that its parts declare.
 *
 * Sources: Dinh et al., NICE (2015) and Real NVP (2017).
 *
 * @throws if the mask keeps or changes nothing, or the transformer is not one of the changed values
 */
export function coupling(
  shape: ImageShape,
  {
    mask = channelHalves,
    conditioner: conditionerOption,
    transformer: transformerFor = affine(),
    context: contextFor,
  }: CouplingParts,
): Bijection {
  const division = divisionBy(mask, shape);
  const [height, width, seen] = division.seenShape;
  const context = contextFor?.([height, width]);
  const transformer =
    typeof transformerFor === 'function' ? transformerFor(division.changedShape) : transformerFor;
  const output = { channels: division.channels, numbers: countNumbers(transformer, division.changedShape) };
  const conditioner: Conditioner =
    typeof conditionerOption === 'function'
      ? { parameters: () => ({}), forward: conditionerOption }
      : conditionerOption;
  const { numbers: _, ...others } = transformer.conditions!;
  const numbersFor = (unchanged: Tensor, p: Parameters, condition: Condition): Tensor => {
    const image = division.see(unchanged);
    const input = context ? besideContext(image, context.forward(p.at('context'), condition)) : image;
    const numbers = conditioner.forward(input, p, condition, output);
    requireNumbers(numbers, [height, width], output);
    return remember(division.select(numbers));
  };
  const transformed = (changed: Tensor, unchanged: Tensor, p: Parameters, condition: Condition) =>
    [changed, p.at('transformer'), { ...condition, numbers: numbersFor(unchanged, p, condition) }] as const;
  return bijection({
    name: 'coupling',
    inputShape: shape,
    outputShape: shape,
    parameters: {
      ...conditioner.parameters([height, width, seen + (context?.channels ?? 0)], output),
      ...(context && prefixed('context', context.parameters)),
      ...prefixed('transformer', transformer.parameters),
    },
    ...declared(
      collectConditions([
        ['the conditioner', conditioner],
        ['the context', context ?? {}],
        ['the transformer', { conditions: others }],
      ]),
    ),
    forward(x, p, condition) {
      const { kept: unchanged, changed } = division.divide(x);
      const { y, logDet, logDetMap } = transformer.forward(...transformed(changed, unchanged, p, condition));
      const joined = division.join({ kept: unchanged, changed: y });
      return { y: joined, logDet, ...(logDetMap && { logDetMap: division.perPixel(logDetMap) }) };
    },
    inverse(y, p, condition) {
      const { kept: unchanged, changed } = division.divide(y);
      return division.join({
        kept: unchanged,
        changed: transformer.inverse(...transformed(changed, unchanged, p, condition)),
      });
    },
    maps: (p) => [
      {
        kind: 'coupling',
        changed: (x) => division.divide(x).changed,
        numbers: (x, condition = {}) => numbersFor(division.divide(x).kept, p, condition),
        transformer: { numbers: output.numbers, ...(transformer.scalar && { scalar: transformer.scalar }) },
      },
    ],
  });
}

/** How many numbers a transformer takes for each value. */
function countNumbers(
  { name, inputShape, outputShape, conditions = {} }: Transformer,
  changed: ImageShape,
): number {
  if (!sameShape(inputShape, changed) || !sameShape(outputShape, changed)) {
    throw new UserError(
      'invalid-argument',
      `coupling: the transformer ${name} takes values ${showShape(inputShape)} and returns ${showShape(outputShape)}, ` +
        `but the mask changes ${showShape(changed)}`,
    );
  }
  const [height, width, channels] = changed;
  const { numbers = [] } = conditions;
  const count = (numbers[2] ?? 0) / channels;
  if (!Number.isInteger(count) || count < 1 || !sameShape(numbers, [height, width, count * channels])) {
    throw new UserError(
      'invalid-argument',
      `coupling: the transformer ${name} must declare the condition 'numbers', ${showShape([height, width, channels])} ` +
        `or a multiple of its channels, not ${numbers.length > 0 ? showShape(numbers) : 'none'}`,
    );
  }
  return count;
}

/** Checks the output of a conditioner, which may be a user's own. */
function requireNumbers(
  { shape }: Tensor,
  [height, width]: readonly [number, number],
  { channels, numbers }: { readonly channels: number; readonly numbers: number },
): void {
  const [, rows, columns, returned] = shape;
  if (returned !== channels * numbers) {
    throw new UserError(
      'mismatch',
      `coupling: the conditioner returned ${returned} channels instead of ${channels * numbers}: ` +
        `the transformer takes ${numbers} parameters for each of ${channels} channels`,
    );
  }
  if (rows !== height || columns !== width) {
    throw new UserError(
      'mismatch',
      `coupling: the conditioner returned numbers for ${rows} x ${columns} pixels instead of ${height} x ${width}`,
    );
  }
}

/** The values of a batch that a coupling keeps, and those it changes. */
interface MaskedParts {
  /** The values that stay, in the form that `join` takes. */
  readonly kept: Tensor;
  /** The values that change, `[N, …changedShape]`. */
  readonly changed: Tensor;
}

/** How a coupling divides images into what it keeps and what it changes. */
interface Division {
  /** The shape of an image as the conditioner sees it. */
  readonly seenShape: ImageShape;
  /** The shape of the changed values of an image. */
  readonly changedShape: ImageShape;
  /** For how many channels the conditioner computes numbers at each pixel. */
  readonly channels: number;
  /** Takes images apart. */
  divide(x: Tensor): MaskedParts;
  /** The images as the conditioner sees them, `[N, …seenShape]`: a function only of the kept values. */
  see(unchanged: Tensor): Tensor;
  /** The numbers for the changed values, from the conditioner's for every pixel of `seenShape`. */
  select(numbers: Tensor): Tensor;
  /** Puts images together again: the inverse of `divide`. */
  join(parts: MaskedParts): Tensor;
  /** Puts shares of the density at the pixels of the changed values: `[N, H, W]`, zero elsewhere. */
  perPixel(shares: Tensor): Tensor;
}

/**
 * The division of images by a mask.
 *
 * - Channels: the conditioner sees the kept ones.
 * - Pixels: it sees the whole image with the changed ones set to 0, and the mask as one more channel.
 * - Single values: the same, with a mask for each channel.
 *
 * @throws if the mask is for other images, has other values than 0 and 1, or keeps or changes nothing
 */
function divisionBy(maskFor: MaskFor, shape: ImageShape): Division {
  const mask = typeof maskFor === 'function' ? maskFor(shape) : maskFor;
  const [height, width, channels] = shape;
  const lengths = lengthsIn(mask);
  const values = (mask as readonly unknown[]).flat(2) as number[];
  const expected = [[channels], [height, width], [height, width, channels]];
  if (
    !expected.some((allowedShape) => String(allowedShape) === String(lengths)) ||
    values.length !== countElements(lengths)
  ) {
    throw new UserError(
      'invalid-argument',
      `coupling: the mask has ${lengths.join(' x ')} values, but for images ${shape.join(' x ')} it needs ` +
        `${channels} (one for each channel), ${height} x ${width} (for each pixel) or ${shape.join(' x ')}`,
    );
  }
  const invalidValue = values.find((value) => value !== 0 && value !== 1);
  if (invalidValue !== undefined) {
    throw new UserError(
      'invalid-argument',
      `coupling: the mask contains ${invalidValue}: use 1 for values that stay and 0 for those that change`,
    );
  }
  const unchanged = values.flatMap((value, index) => (value === 1 ? [index] : []));
  const changed = values.flatMap((value, index) => (value === 0 ? [index] : []));
  if (unchanged.length === 0 || changed.length === 0) {
    throw new UserError(
      'invalid-argument',
      `coupling: the mask ${unchanged.length === 0 ? 'keeps' : 'changes'} nothing`,
    );
  }
  if (lengths.length === 1) {
    return channelDivision(shape, unchanged, changed);
  }
  return lengths.length === 2
    ? pixelDivision(shape, { values, kept: unchanged, changed })
    : valueDivision(shape, { values, kept: unchanged, changed });
}

function lengthsIn(mask: Mask): number[] {
  const [first] = mask;
  return Array.isArray(first) ? [mask.length, ...lengthsIn(first)] : [mask.length];
}

function channelDivision(
  [height, width]: ImageShape,
  unchanged: readonly number[],
  changed: readonly number[],
): Division {
  const isFirst = (some: readonly number[]): boolean => some.at(-1) === some.length - 1;
  const order = [...unchanged, ...changed];
  const inOrder = isFirst(unchanged) || isFirst(changed);
  const lengths = isFirst(changed) ? [changed.length, unchanged.length] : [unchanged.length, changed.length];
  const swapped = <Part>(parts: readonly Part[]): readonly Part[] =>
    isFirst(changed) ? parts.toReversed() : parts;
  return {
    seenShape: [height, width, unchanged.length],
    changedShape: [height, width, changed.length],
    channels: changed.length,
    divide(x) {
      const parts = split(inOrder ? x : reorder(x, 3, order), 3, lengths);
      const [stays, changes] = swapped(parts) as [Tensor, Tensor];
      return { kept: stays, changed: changes };
    },
    see: (values) => values,
    select: (numbers) => numbers,
    join(parts) {
      const joined = concatenate(swapped([parts.kept, parts.changed]), 3);
      return inOrder ? joined : reorder(joined, 3, invertPermutation(order));
    },
    perPixel: (shares) => shares,
  };
}

/** The values of a mask, and the indices of its ones and zeros. */
interface FlatMask {
  readonly values: readonly number[];
  readonly kept: readonly number[];
  readonly changed: readonly number[];
}

function pixelDivision(
  [height, width, channels]: ImageShape,
  { values, kept: unchanged, changed }: FlatMask,
): Division {
  const pixels = height * width;
  const parity = parityIn(values, width);
  // Made when a graph is: the shapes of a model are compared with a file's before anything is allocated.
  const mask = once(() => constant({ shape: [1, height, width, 1], data: Float64Array.from(values) }));
  const order = [...changed, ...unchanged];
  const imageOrder = once(() => invertPermutation(order));
  const select = (images: Tensor): Tensor => {
    if (parity !== undefined) {
      return everyOther(images, otherParity(parity));
    }
    const [count, , , depth] = images.shape as [number, number, number, number];
    const first = slice(reorder(reshape(images, [count, pixels, depth]), 1, order), 1, 0, changed.length);
    return reshape(first, [count, 1, changed.length, depth]);
  };
  /** Images with the changed pixels in their places, and zeros elsewhere. */
  const spread = (pixelsOfImages: Tensor): Tensor => {
    const [count, , , depth] = pixelsOfImages.shape as [number, number, number, number];
    const flat = pad(reshape(pixelsOfImages, [count, changed.length, depth]), 1, 0, unchanged.length);
    return reshape(reorder(flat, 1, imageOrder()), [count, height, width, depth]);
  };
  return {
    seenShape: [height, width, channels + 1],
    changedShape: [1, changed.length, channels],
    channels,
    divide: (x) => ({ kept: multiply(x, mask()), changed: select(x) }),
    see(images) {
      // Zeros copy the mask for the same number of images, even if their number is open.
      return concatenate([images, add(multiply(slice(images, 3, 0, 1), 0), mask())], 3);
    },
    select,
    join: (parts) => add(parts.kept, spread(parts.changed)),
    perPixel(shares) {
      const [count] = shares.shape as [number];
      return reshape(spread(reshape(shares, [count, 1, changed.length, 1])), [count, height, width]);
    },
  };
}

/** The parity of the pixels that a checkerboard keeps; undefined for any other mask. */
function parityIn(values: readonly number[], width: number): Parity | undefined {
  return ([0, 1] as const).find((keep) =>
    values.every(
      (value, pixel) => ((Math.floor(pixel / width) + (pixel % width)) % 2 === keep ? 1 : 0) === value,
    ),
  );
}

/** Single values are pixels of an image with one row and one channel. */
function valueDivision(shape: ImageShape, { values, kept: unchanged, changed }: FlatMask): Division {
  const [height, width, channels] = shape;
  const size = countElements(shape);
  const line = pixelDivision([1, size, 1], { values, kept: unchanged, changed });
  const inLine = (x: Tensor): Tensor => reshape(x, [x.shape[0]!, 1, size, 1]);
  const inImage = (x: Tensor): Tensor => reshape(x, [x.shape[0]!, ...shape]);
  const mask = once(() => constant({ shape: [1, ...shape], data: Float64Array.from(values) }));
  return {
    seenShape: [height, width, 2 * channels],
    changedShape: line.changedShape,
    channels,
    divide(x) {
      const parts = line.divide(inLine(x));
      return { ...parts, kept: inImage(parts.kept) };
    },
    see: (images) => concatenate([images, add(multiply(images, 0), mask())], 3),
    select(numbers) {
      const [count, , , depth] = numbers.shape as [number, number, number, number];
      const each = depth / channels;
      const byChannel = transpose(reshape(numbers, [count, height * width, each, channels]), [0, 1, 3, 2]);
      return line.select(reshape(byChannel, [count, 1, size, each]));
    },
    join: (parts) => inImage(line.join({ ...parts, kept: inLine(parts.kept) })),
    perPixel: (shares) => {
      const inPlace = line.perPixel(shares);
      return sum(inImage(inPlace), [3]);
    },
  };
}
