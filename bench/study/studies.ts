// The definition of a study: which models are compared on which images, with which steps, seeds and learning
// rates.
import { join } from 'node:path';
import * as z from 'zod';

const name = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'a name of lower-case letters, digits and hyphens');
const whole = z.int().min(0);
const positive = z.int().min(1);
/** Whether all are distinct. */
export const distinct = <Item>(items: readonly Item[]): boolean => new Set(items).size === items.length;

/** The schema of a study. */
const studyFields = z.strictObject({
  /** Names its runs, `runs/study/NAME`, and its results. */
  name,
  title: z.string(),
  /** The name or the path of a dataset. */
  data: z.strictObject({ name: z.string().min(1) }),
  /** The base of its configuration; `changes` are applied on top, each `section.key=value`. */
  preset: z.string(),
  changes: z.array(z.string()),
  /** What a variant changes, each `section.key=value`; the name of a mixing needs no entry. */
  variants: z.record(name, z.array(z.string()).min(1)).optional(),
  /** The variants of each table, compared with the first; a variant may be in several tables. */
  comparisons: z
    .array(
      z.strictObject({
        title: z.string(),
        variants: z.array(name).min(2).refine(distinct, 'distinct variants'),
      }),
    )
    .min(1),
  /** The steps of each run, equal for all variants; else `seconds`. */
  steps: positive.optional(),
  /**
   * The training time of each run: as many steps as take one thread so many seconds of the processor's time. They are counted
   * from times measured once (`timeBudget.ts`), so that other load during training doesn't shorten a run.
   */
  seconds: positive.optional(),
  seeds: z.array(whole).min(1).refine(distinct, 'distinct seeds'),
  /**
   * The learning rates that each variant tries, for how many steps, with which seed, which must not be in
   * `seeds`.
   */
  search: z.strictObject({
    rates: z.array(z.number().gt(0)).min(1).refine(distinct, 'distinct rates'),
    steps: positive,
    seed: whole,
  }),
});

/** The schema of a study. */
export const studySchema = studyFields.refine(
  ({ steps, seconds }) => (steps === undefined) !== (seconds === undefined),
  'either steps or seconds',
);

/** A study. */
export type Study = z.infer<typeof studySchema>;

/** The folder of a study's runs. */
export function studyFolder(root: string, study: Study): string {
  return join(root, study.name);
}

/** The names of a study's variants, in the order of its comparisons. */
export function variantsOf({ comparisons }: Study): string[] {
  return [...new Set(comparisons.flatMap(({ variants }) => variants))];
}

/** What a variant of a study changes, each `section.key=value`: its mixing, unless it has an entry of its own. */
export function changesOf({ variants }: Study, variant: string): readonly string[] {
  return variants?.[variant] ?? [`model.mixing=${variant}`];
}
