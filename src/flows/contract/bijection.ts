// The contract of every layer of a flow, their composition, and the shares of pixels in their log-determinants.

import { UserError } from '../../core/errors.ts';
import { type ImageShape, showImageShape } from '../../core/numeric/index.ts';
import { constant, sameShape, type Tensor } from '../../tensor/index.ts';
import { add, divide, expand, reshape, sum } from '../../tensor/operations/index.ts';
import {
  type Condition,
  type ConditionShapes,
  checkCondition,
  collectConditions,
  type Declaration,
  declared,
} from './condition.ts';
import type { ElementaryMap } from './elementaryMaps.ts';
import { type ParameterSpecs, type Parameters, prefixed } from './parameters.ts';

/** The result of applying a layer to a batch of images. */
export interface BijectionResult {
  /** The transformed images `[N, H, W, C]`. */
  readonly y: Tensor;
  /** ln|det ∂y/∂x|: shape `[N]`, one number per image, or shape `[]` if it is the same for every image. */
  readonly logDet: Tensor;
  /**
   * Where ln|det| arises: the share of every pixel of x, `[N, H, W]`, which add up to `logDet`. Missing if all
   * pixels of an image have the same share.
   */
  readonly logDetMap?: Tensor;
}

/**
 * An invertible map of images with a cheap log-determinant, written once with symbolic tensors: the same
 * lines serve training, sampling, export and the float64 tests.
 *
 * Images are tensors `[N, H, W, C]`; N may be open.
 */
export interface Bijection {
  /** The layer's name in the literature. */
  readonly name: string;
  /** The shape of each image that `forward` takes and `inverse` returns. */
  readonly inputShape: ImageShape;
  /** The shape of each image that `forward` returns and `inverse` takes. */
  readonly outputShape: ImageShape;
  /** The layer's parameters, trained or fixed, by name; empty if it has none. */
  readonly parameters: ParameterSpecs;
  /** The conditions that it depends on, by name: the shape of each for one image. By default it depends on none. */
  readonly conditions?: ConditionShapes;
  /** The transformed images and the log-determinant of the transformation, given the conditions that it declares. */
  forward(x: Tensor, parameters: Parameters, condition?: Condition): BijectionResult;
  /** Inverts `forward` for the same parameters and condition. */
  inverse(y: Tensor, parameters: Parameters, condition?: Condition): Tensor;
  /** The layers of a chain, first to last, by the keys of their parameters. */
  readonly parts?: Readonly<Record<string, Bijection>>;
  /**
   * The matrices that the inverse divides by, by name: `[n, n]`, stacks `[…, n, n]`, or `[n]` for the
   * diagonal of a diagonal one. If one of them is singular, the layer has no inverse; `emerging doctor`
   * reports how close they are to that.
   */
  factors?(parameters: Parameters): Readonly<Record<string, Tensor>>;
  /**
   * The maps that the layer consists of, first to last, for lossless compression. Missing for a chain, which has its parts,
   * and for layers that don't consist of such maps: models with them can't compress images.
   */
  maps?(parameters: Parameters): readonly ElementaryMap[];
}

/** A bijection whose functions need not check the conditions that it declares. */
export interface BijectionDefinition<Name extends string = string>
  extends Omit<Bijection, 'conditions' | 'forward' | 'inverse' | 'factors' | 'maps'> {
  /** As in a bijection. */
  readonly conditions?: ConditionShapes<Name>;
  /** As in a bijection, with every condition that it declares. */
  forward(x: Tensor, parameters: Parameters, condition: Condition<Name>): BijectionResult;
  /** Inverts `forward`. */
  inverse(y: Tensor, parameters: Parameters, condition: Condition<Name>): Tensor;
  /** As in a bijection. */
  factors?(parameters: Parameters): Readonly<Record<string, Tensor>>;
  /** As in a bijection. */
  maps?(parameters: Parameters): readonly ElementaryMap[];
}

/**
 * A bijection that depends on conditions: every call checks that each declared one is given, with its shape.
 *
 * @throws if one is missing or has another shape, when it is called
 * @example
 * ```ts
 * import { bijection } from 'emerging-flows/flows';
 * import { constant, operations } from 'emerging-flows/tensor';
 *
 * const { add, reshape, subtract } = operations;
 *
 * // Adds a colour, given for each image.
 * const tint = bijection({
 *   name: 'tint',
 *   inputShape: [8, 8, 3],
 *   outputShape: [8, 8, 3],
 *   parameters: {},
 *   conditions: { colour: [3] },
 *   forward: (x, _, { colour }) => ({ y: add(x, reshape(colour, [colour.shape[0]!, 1, 1, 3])), logDet: constant(0) }),
 *   inverse: (y, _, { colour }) => subtract(y, reshape(colour, [colour.shape[0]!, 1, 1, 3])),
 * });
 * ```
 */
export function bijection<Name extends string>(definition: BijectionDefinition<Name>): Bijection {
  const { name, conditions } = definition;
  const checked = (images: Tensor, condition: Condition | undefined): Condition => {
    checkCondition(name, conditions ?? {}, condition, images.shape[0]!);
    return condition ?? {};
  };
  return {
    ...definition,
    forward: (x, p, condition) => definition.forward(x, p, checked(x, condition)),
    inverse: (y, p, condition) => definition.inverse(y, p, checked(y, condition)),
  };
}

/**
 * The composition of bijections, the first one applied first; the log-determinants add up. Each part's
 * parameters are under its key. It depends on the conditions of all parts.
 *
 * @throws if a part does not take what the one before it returns, or two parts declare one condition with different shapes;
 * the error names both by position
 */
export function chain(name: string, parts: Readonly<Record<string, Bijection>>): Bijection {
  const entries = Object.entries(parts);
  if (entries.length === 0) {
    throw new UserError('invalid-argument', `chain '${name}': needs at least one bijection`);
  }
  const numbered = entries.filter(([key]) => /^\d+$/.test(key)).length;
  if (numbered > 0 && numbered < entries.length) {
    // An object lists integer keys before all others, regardless of the written order.
    throw new UserError(
      'invalid-argument',
      `chain '${name}': keys are either all numbers or all words, not both`,
    );
  }
  const partName = (key: string): string => {
    const number = entries.findIndex(([otherKey]) => otherKey === key) + 1;
    return `chain '${name}': part ${number} (${key}: ${parts[key]!.name})`;
  };
  entries.slice(1).forEach(([key, part], index) => {
    const [previousKey, previous] = entries[index]!;
    if (!sameShape(previous.outputShape, part.inputShape)) {
      throw new UserError(
        'invalid-argument',
        `${partName(key)} takes images ${showImageShape(part.inputShape)}, ` +
          `but part ${index + 1} (${previousKey}: ${previous.name}) returns ${showImageShape(previous.outputShape)}`,
      );
    }
  });
  const parameters: ParameterSpecs = Object.assign(
    {},
    ...entries.map(([key, part]) => prefixed(key, part.parameters)),
  );
  const checked = (result: BijectionResult, key: string, images: Tensor): BijectionResult => {
    requireTransformed(result, parts[key]!, images, partName(key));
    return result;
  };
  return bijection({
    name,
    inputShape: entries[0]![1].inputShape,
    outputShape: entries.at(-1)![1].outputShape,
    parameters,
    ...declared(collectConditions(entries.map(([key, part]): Declaration => [partName(key), part]))),
    parts,
    forward(x, p, condition) {
      let y = x;
      let logDet: Tensor = constant(0);
      const results: BijectionResult[] = [];
      for (const [key, part] of entries) {
        const result = checked(part.forward(y, p.at(key), condition), key, y);
        results.push(result);
        y = result.y;
        logDet = add(logDet, result.logDet);
      }
      return results.some(({ logDetMap }) => logDetMap)
        ? { y, logDet, logDetMap: combineMaps(parts, results) }
        : { y, logDet };
    },
    inverse: (y, p, condition) =>
      entries.reduceRight((x, [key, part]) => part.inverse(x, p.at(key), condition), y),
  });
}

/** Checks what `forward` of a part returned for images x: a wrong shape would be met far from the layer that made it. */
function requireTransformed(
  { y, logDet }: Partial<BijectionResult>,
  { outputShape }: Bijection,
  x: Tensor,
  where: string,
): void {
  const images = x.shape[0]!;
  const expected = [images, ...outputShape];
  if (!y?.shape || !sameShape(y.shape, expected)) {
    throw new UserError(
      'invalid-argument',
      `${where}: forward must return y of shape [${expected}], not ${shapeOr(y)}`,
    );
  }
  if (!logDet?.shape || !(sameShape(logDet.shape, []) || sameShape(logDet.shape, [images]))) {
    throw new UserError(
      'invalid-argument',
      `${where}: forward must return logDet of shape [] or [${images}], not ${shapeOr(logDet)}`,
    );
  }
}

function shapeOr(value: Tensor | undefined): string {
  return value?.shape ? `[${value.shape}]` : String(value);
}

/** The shares of the pixels of a chain's input, from the results of its parts; at least one has a map. */
function combineMaps(
  parts: Readonly<Record<string, Bijection>>,
  results: readonly BijectionResult[],
): Tensor {
  return Object.values(parts).reduceRight<Tensor>((shares, { inputShape, outputShape }, index) => {
    const before = sharesBefore(shares, outputShape, inputShape);
    return add(before, logDetShares(results[index]!, inputShape));
  }, constant(0));
}

/** The share of every pixel of x in ln|det| of a layer that was applied to x: broadcasts to `[N, H, W]`. */
export function logDetShares({ logDet, logDetMap }: BijectionResult, [height, width]: ImageShape): Tensor {
  if (logDetMap) {
    return logDetMap;
  }
  const perImage = logDet.rank === 0 ? logDet : reshape(logDet, [logDet.shape[0]!, 1, 1]);
  return divide(perImage, height * width);
}

/**
 * Shares of the pixels of a layer's result as shares of the pixels of its input. Where the layer has made the
 * image smaller, each pixel covers a block of the larger image, and its share is divided evenly among the
 * pixels of the block. Where pixels do not cover blocks, as in a transposed image, all shares of an image are
 * divided evenly among all pixels.
 *
 * @param shares broadcasts to `[N, H, W]` of the result; what is returned broadcasts to the input's
 */
export function sharesBefore(shares: Tensor, after: ImageShape, before: ImageShape): Tensor {
  const [rows, columns] = [before[0] / after[0], before[1] / after[1]];
  if (rows === 1 && columns === 1) {
    return shares;
  }
  const divided = divide(shares, rows * columns);
  const [batch, height, width] = divided.shape;
  if (height !== after[0] || width !== after[1]) {
    // The same for every pixel.
    return divided;
  }
  if (!Number.isInteger(rows) || !Number.isInteger(columns)) {
    const mean = divide(sum(divided, [1, 2]), height * width);
    return expand(reshape(mean, [batch!, 1, 1]), [batch!, before[0], before[1]]);
  }
  const blocks = expand(reshape(divided, [batch!, height, 1, width, 1]), [
    batch!,
    height,
    rows,
    width,
    columns,
  ]);
  return reshape(blocks, [batch!, before[0], before[1]]);
}
