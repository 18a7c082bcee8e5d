// The definition of a study: which models are compared on which images, with which steps, seeds and learning
// rates.
import * as z from 'zod';
import { unknownName } from '../../src/errors.ts';
import { choices } from '../../src/experiments/configSchema.ts';

const name = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'a name of lower-case letters, digits and hyphens');
const whole = z.int().min(0);
const positive = z.int().min(1);
/** Whether all are distinct. */
export const distinct = <Item>(items: readonly Item[]): boolean => new Set(items).size === items.length;

/** The schema of a study. */
export const studySchema = z.strictObject({
  /** Names its runs, `runs/study/NAME`, and its results. */
  name,
  title: z.string(),
  data: z.strictObject({
    /** The name or the path of a dataset. */
    name: z.string().min(1),
    /** How to prepare that path if it is missing, with `emerging datasets prepare`. */
    prepare: z
      .strictObject({
        source: z.string().min(1),
        /** Options of that command: `--size` and so on. */
        options: z.array(z.string()),
        /** What to do if the source is missing. */
        missing: z.string().min(1),
      })
      .optional(),
  }),
  /** The base of its configuration; `changes` are applied on top, each `section.key=value`. */
  preset: z.string(),
  changes: z.array(z.string()),
  /** The mixings of each table, compared with the first; a mixing may be in several tables. */
  comparisons: z
    .array(
      z.strictObject({
        title: z.string(),
        mixings: z.array(z.enum(choices.mixing)).min(2).refine(distinct, 'distinct mixings'),
      }),
    )
    .min(1),
  steps: positive,
  seeds: z.array(whole).min(1).refine(distinct, 'distinct seeds'),
  /**
   * The learning rates that each mixing tries, for how many steps, with which seed, which must not be in
   * `seeds`.
   */
  search: z.strictObject({
    rates: z.array(z.number().gt(0)).min(1).refine(distinct, 'distinct rates'),
    steps: positive,
    seed: whole,
  }),
});

/** A study. */
export type Study = z.infer<typeof studySchema>;

/**
 * The studies with these names; all if none is named.
 *
 * @throws UserError for an unknown name
 */
export function chooseStudies(studies: readonly Study[], names: readonly string[] | undefined): Study[] {
  const known = studies.map((study) => study.name);
  for (const wanted of names ?? []) {
    if (!known.includes(wanted)) {
      throw unknownName('study', wanted, known);
    }
  }
  return studies.filter((study) => names === undefined || names.includes(study.name));
}

/** Every mixing of a study, in the order of its comparisons. */
export function mixingsOf({ comparisons }: Study): Study['comparisons'][number]['mixings'] {
  return [...new Set(comparisons.flatMap(({ mixings }) => mixings))];
}
