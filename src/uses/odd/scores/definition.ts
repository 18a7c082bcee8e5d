// Definitions of scores: how odd an image is, from statistics of images.
import { call, phrase, UserError } from '../../../core/errors.ts';
import type {
  OptionSchemas,
  OptionValues,
  PartDefinition,
  PartialDefinition,
} from '../../../core/parts/index.ts';
import type { ImageStatistics } from '../../../model/referenceScores.ts';

/** A score of images. Higher is odder. */
export interface ScoreDefinition<Schemas extends OptionSchemas = OptionSchemas>
  extends PartDefinition<Schemas> {
  readonly kind: 'score';
  /** How far to trust it, in a sentence. */
  readonly trust?: string;
  /** Whether it is in bits/dim, and shown in the model's unit. */
  readonly isResult?: true;
  /** A requirement beyond the images. */
  readonly needs?: 'classes' | 'labels';
  /**
   * The statistics that it is computed from: `bits`, `code`, `latents 0`, `logDet 0`, `contrast`, `ninth 0`, …, as in
   * `scores.json`. Without them it isn't computed.
   */
  readonly from: readonly string[];
  /**
   * The score with these options: a function that learns from the statistics of reference images, one number for each image by
   * name, and returns the function that scores others, one number each; NaN is the oddest of all.
   */
  build(
    options: OptionValues<Schemas>,
  ): (
    reference: Readonly<Record<string, ArrayLike<number>>>,
  ) => (images: Readonly<Record<string, ArrayLike<number>>>) => ArrayLike<number>;
}

/**
 * Defines a score of odd images, to choose by its name once registered, or by its definition.
 *
 * @example
 * ```ts
 * import { loadModel, score } from 'emerging-flows';
 * import { define, limits, option } from 'emerging-flows/flows';
 *
 * export const dark = define.score({
 *   name: 'dark',
 *   summary: 'How much darker an image is than the brightest validation image.',
 *   options: { power: option('The power of the difference.', limits.numberFrom(1, 4), 1) },
 *   from: ['brightness'],
 *   build: ({ power }) => ({ brightness: reference }) => {
 *     const brightest = Math.max(...Array.from(reference!));
 *     return ({ brightness }) => Array.from(brightness!, (value) => Math.max(0, brightest - value) ** power);
 *   },
 * });
 * const model = await loadModel('models/mnist-small');
 * const { images } = await score(model, new Uint8Array(784), { score: dark });
 * console.log(images[0]!.pValue);
 * await model.release();
 * ```
 */
export function defineScore<Schemas extends OptionSchemas = Record<never, never>>(
  definition: PartialDefinition<ScoreDefinition<Schemas>>,
): ScoreDefinition<Schemas> {
  return { options: {} as Schemas, ...definition, kind: 'score' };
}

/**
 * A statistic of each image.
 *
 * @throws UserError (`invalid-data`) if it is unknown, although a reference has it
 */
export function column(images: ImageStatistics, name: string): ArrayLike<number> {
  const values = images[name];
  if (values === undefined) {
    throw new UserError(
      'invalid-data',
      phrase`the reference has statistics of another model ('${name}'): measure it again with ${call('measureReference')}`,
    );
  }
  return values;
}
