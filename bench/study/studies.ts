// What a study is: which models are compared on which images, with which steps, seeds and learning rates.
import { parse } from 'yaml';
import { z } from 'zod';
import { UserError, unknownName } from '../../src/errors.ts';
import { choices } from '../../src/experiments/configSchema.ts';
import { resolveConfig } from '../../src/experiments/resolve.ts';
import { readText, requireExists } from '../../src/storage/files.ts';
import { builtInStudies } from './builtInStudies.ts';

const name = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'a name of small letters, digits and hyphens');
const whole = z.int().min(0);
const positive = z.int().min(1);
const distinct = <Item>(items: readonly Item[]): boolean => new Set(items).size === items.length;

const studySchema = z.strictObject({
  /** Names its runs, `runs/study/NAME`, and its results. */
  name,
  title: z.string(),
  data: z.strictObject({
    /** The name or the path of a dataset. */
    name: z.string().min(1),
    /** How that path is prepared where it is missing, by `emerging datasets prepare`. */
    prepare: z
      .strictObject({
        source: z.string().min(1),
        /** Of that command: `--size` and so on. */
        options: z.array(z.string()),
        /** What to do where the source is missing. */
        missing: z.string().min(1),
      })
      .optional(),
  }),
  /** Where its configuration begins; `changes` come on top, each `section.key=value`. */
  preset: z.string(),
  changes: z.array(z.string()),
  /** The mixings of each table, the first of which the others are compared with; one may be in several tables. */
  comparisons: z
    .array(
      z.strictObject({
        title: z.string(),
        mixings: z.array(z.enum(choices.mixing)).min(2).refine(distinct, 'mixings that differ'),
      }),
    )
    .min(1),
  steps: positive,
  seeds: z.array(whole).min(1).refine(distinct, 'seeds that differ'),
  /** The learning rates that each mixing tries, for how many steps, with which seed: none of `seeds`. */
  search: z.strictObject({
    rates: z.array(z.number().gt(0)).min(1).refine(distinct, 'rates that differ'),
    steps: positive,
    seed: whole,
  }),
});

/** A study. */
export type Study = z.infer<typeof studySchema>;

/**
 * The studies of a YAML file, a list of them; those built in where there is none.
 *
 * @throws UserError that names the file, the study and what is wrong in it
 */
export function readStudies(file?: string): Study[] {
  const place = file ?? 'the built-in studies';
  const value = file === undefined ? builtInStudies : parseFile(file);
  const result = z.array(studySchema).min(1).safeParse(value);
  if (!result.success) {
    throw new UserError(`${place}: ${explain(result.error.issues[0]!, value)}`, { exitCode: 2 });
  }
  const studies = result.data;
  for (const study of studies) {
    requireConfig(study, place);
  }
  if (!distinct(studies.map((study) => study.name))) {
    throw new UserError(`${place}: two studies have the same name`, { exitCode: 2 });
  }
  const shared = studies.find(({ seeds, search }) => seeds.includes(search.seed));
  if (shared !== undefined) {
    throw new UserError(
      `${place}: ${shared.name}: the search has seed ${shared.search.seed}, which is one of the study's: take another`,
      { exitCode: 2 },
    );
  }
  return studies;
}

/**
 * The studies of these names; all where none is named.
 *
 * @throws UserError for a name that none has
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

/** What is wrong, after the name of the study; after its place in the list where it has none. */
function explain({ path: [index, ...path], message }: z.core.$ZodIssue, list: unknown): string {
  if (typeof index !== 'number') {
    return `the whole: ${message}`;
  }
  const { name } = Object((list as unknown[])[index]) as { name?: unknown };
  const study = typeof name === 'string' && name !== '' ? name : `study ${index + 1} of the list`;
  return [study, ...(path.length > 0 ? [path.join('.')] : []), message].join(': ');
}

/** Makes the configuration of a study, so that a wrong preset or change is told before anything begins. */
function requireConfig({ name, data, preset, changes }: Study, place: string): void {
  try {
    resolveConfig({ preset, set: changes, overrides: { data: { name: data.name } } });
  } catch (error) {
    throw error instanceof UserError
      ? new UserError(`${place}: ${name}: ${error.message}`, { exitCode: 2, cause: error })
      : error;
  }
}

function parseFile(file: string): unknown {
  requireExists(file);
  const text = readText(file);
  try {
    return parse(text);
  } catch (error) {
    throw new UserError(`${file}: not valid YAML: ${(error as Error).message.split('\n')[0]}`, {
      exitCode: 2,
      cause: error,
    });
  }
}
