// The studies: which models are compared on which images, with which steps, seeds and learning rates.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { UserError, unknownName } from '../../src/errors.ts';
import { choices } from '../../src/experiments/configSchema.ts';

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

const main = { title: 'The three of the paper', mixings: ['1x1', 'periodic', 'emerging'] } as const;
/** Without decay a curve has at every moment what a run that ends there would give: runs compare at equal seconds too. */
const common = ['training.decay=none', 'training.biasCorrection=standard', 'training.clipNorm=100'];
const grey = ['model.levels=2', 'model.depth=4', 'model.width=32', 'training.batchSize=64'];
const colour = ['model.levels=2', 'model.depth=4', 'model.width=32', 'training.batchSize=64'];
const longer = ['training.warmupSteps=100', 'training.averageDecay=0.99'];
const rates = [0.005, 0.01, 0.015, 0.02, 0.03, 0.04];

const builtIn = [
  {
    name: 'mnist-small',
    title: 'MNIST, a few hundred steps: a trial of the harness',
    data: { name: 'mnist' },
    preset: 'mnist-quickstart',
    changes: [...common, ...grey, 'training.warmupSteps=50', 'training.averageDecay=0.98'],
    comparisons: [main],
    steps: 300,
    seeds: [0, 1, 2],
    search: { rates, steps: 100, seed: 1000 },
  },
  {
    name: 'mnist',
    title: 'MNIST',
    data: { name: 'mnist' },
    preset: 'mnist-quickstart',
    changes: [...common, ...grey, ...longer],
    comparisons: [
      main,
      { title: 'Other ways to mix channels', mixings: ['1x1', '1x1-plu', '1x1-qr', 'reverse'] },
      { title: 'A masked autoregressive layer', mixings: ['1x1', 'emerging', 'maf'] },
    ],
    steps: 800,
    seeds: [0, 1, 2, 3, 4],
    search: { rates, steps: 200, seed: 1000 },
  },
  {
    name: 'deep-sky',
    title: 'The deep sky, tiles of 16 x 16',
    data: {
      name: 'data/study/deep-sky-16.images',
      prepare: {
        source: '/usr/share/stellarium/nebulae/default',
        options: ['--size', '16', '--crop', 'tiles', '--least-deviation', '4', '--unique'],
        missing: 'install the package stellarium-data (Debian, Ubuntu)',
      },
    },
    preset: 'mnist-quickstart',
    changes: [...common, ...colour, ...longer],
    comparisons: [main],
    steps: 800,
    seeds: [0, 1, 2, 3, 4],
    search: { rates, steps: 200, seed: 1000 },
  },
  {
    name: 'emoji',
    title: 'Emoji in colour, 16 x 16',
    data: {
      name: 'data/study/emoji-16.images',
      prepare: {
        source: 'node_modules/emoji-datasource-google/img/google/64',
        options: ['--size', '16', '--unique'],
        missing: 'npm install emoji-datasource-google@16.0.0',
      },
    },
    preset: 'mnist-quickstart',
    // 3,406 images to train on: more of them are held out than of large sets, and those of 15 epochs are varied.
    changes: [...common, ...colour, ...longer, 'data.validation=0.1', 'data.augment=[flip, shift]'],
    comparisons: [main],
    steps: 800,
    seeds: [0, 1, 2, 3, 4],
    search: { rates, steps: 200, seed: 1000 },
  },
];

/**
 * The studies of a YAML file, a list of them; those built in where there is none.
 *
 * @throws UserError that names the file and what is wrong in it
 */
export function readStudies(file?: string): Study[] {
  const place = file ?? 'the built-in studies';
  const result = z
    .array(studySchema)
    .min(1)
    .safeParse(file === undefined ? builtIn : parseFile(file));
  if (!result.success) {
    const { path, message } = result.error.issues[0]!;
    throw new UserError(`${place}: ${path.join('.') || 'the whole'}: ${message}`, { exitCode: 2 });
  }
  const studies = result.data;
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

function parseFile(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError(
      `the file of studies ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`,
      {
        exitCode: 2,
        cause: error,
      },
    );
  }
  try {
    return parse(text);
  } catch (error) {
    throw new UserError(`${file}: not valid YAML: ${(error as Error).message.split('\n')[0]}`, {
      exitCode: 2,
      cause: error,
    });
  }
}
