// The coupling layer: a mask, a conditioner and a transformer.
import { UserError } from '../../core/errors.ts';
import type { ImageShape } from '../../core/numeric/index.ts';
import { sameShape, showShape, type Tensor } from '../../tensor/index.ts';
import { remember } from '../../tensor/operations/index.ts';
import { type Bijection, bijection } from '../contract/bijection.ts';
import { type Condition, collectConditions, declared } from '../contract/condition.ts';
import { type Parameters, prefixed } from '../contract/parameters.ts';
import { affine } from './affine.ts';
import type { Conditioner, ConditionerFunction } from './conditioner.ts';
import { besideContext, type ContextFor } from './context.ts';
import { divisionBy } from './division.ts';
import type { MaskFor } from './mask.ts';
import { channelHalves } from './masks.ts';
import type { Transformer, TransformerFor } from './transformer.ts';

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
    conditioner: givenConditioner,
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
    typeof givenConditioner === 'function'
      ? { parameters: () => ({}), forward: givenConditioner }
      : givenConditioner;
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
    throw new Error(
      `coupling: the transformer ${name} takes values ${showShape(inputShape)} and returns ${showShape(outputShape)}, ` +
        `but the mask changes ${showShape(changed)}`,
    );
  }
  const [height, width, channels] = changed;
  const { numbers = [] } = conditions;
  const count = (numbers[2] ?? 0) / channels;
  if (!Number.isInteger(count) || count < 1 || !sameShape(numbers, [height, width, count * channels])) {
    throw new Error(
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
