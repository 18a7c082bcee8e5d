// The images of a study: opened once, and checked against every variant before anything is trained.
import { UserError } from '../../core/errors.ts';
import type { Dataset } from '../../data/contract/index.ts';
import { openDataset } from '../../data/index.node.ts';
import { resultUnit, valueBits } from '../../flows/models/index.ts';
import { conditionsFor } from '../../runs/images/index.ts';
import { configForImages } from '../../runs/open/index.ts';
import { type Config, checkModelShape, createSchedule, type Schedule } from '../../runs/settings/index.ts';
import {
  errorWithin,
  type Study,
  type StudyDataset,
  studyConfig,
  type Variant,
  within,
} from './definition.ts';

/** A dataset of a study with its images, and how long each training is. */
export interface StudiedDataset extends StudyDataset {
  readonly images: Dataset;
  /** The split measured at the end: `validation` without test images. */
  readonly split: 'test' | 'validation';
  readonly steps: number;
  readonly searchSteps: number;
  readonly variants: readonly StudiedVariant[];
}

/** A variant on a dataset. */
export interface StudiedVariant extends Variant {
  /** With the first seed, the learning rate of the variant, and what it takes from the images. */
  readonly config: Config;
  readonly schedule: Schedule;
  /** Of the trainings that try a rate. */
  readonly searchSchedule: Schedule;
}

/**
 * Opens the images of a study.
 *
 * @throws UserError if they can't be read, none are for validation, a variant doesn't accept them, or variants differ in the
 * images they see or in their steps
 */
export async function openStudied(study: Study, dataset: StudyDataset): Promise<StudiedDataset> {
  const { source } = dataset;
  const configs = study.variants.map((variant) =>
    studyConfig(study, variant, { dataset, seed: study.seeds[0]! }),
  );
  const [first] = configs as [Config];
  const images = { ...(await openDataset(source, imagesWanted(first))), name: source };
  const count = images.train.count;
  if (images.validation.count === 0) {
    throw new UserError(
      'invalid-config',
      `${source} has no validation images, on which a study chooses rates and draws curves: hold some out, for example with data.validation: 0.1 in base`,
    );
  }
  const { totalSteps: steps } = createSchedule(first, count);
  const searchSteps = study.search.steps ?? Math.ceil(steps / 4);
  const variants: StudiedVariant[] = [];
  for (const [index, variant] of study.variants.entries()) {
    const config = configs[index]!;
    const part = `${variant.name} on ${source}`;
    const schedules = within(part, () => {
      requireComparable(first, config);
      checkModelShape(config.model, images.imageShape);
      const schedule = createSchedule(config, count);
      if (schedule.totalSteps !== steps) {
        throw new UserError(
          'invalid-config',
          `${schedule.totalSteps} steps, but ${study.variants[0]!.name} has ${steps}: a study compares equal steps, and equal time besides; set training.steps in base`,
        );
      }
      const searched = studyConfig(study, variant, { dataset, seed: 0, steps: searchSteps });
      return { schedule, searchSchedule: createSchedule(searched, count) };
    });
    const filled = await configForImages(config, images).catch((error: unknown) => {
      throw errorWithin(part, error);
    });
    variants.push({ ...variant, config: filled, ...schedules });
  }
  const split = images.test.count > 0 ? 'test' : 'validation';
  return { ...dataset, images, split, steps, searchSteps, variants };
}

/** How the images of a configuration are opened. */
function imagesWanted({ data: { validation, conditions }, model }: Config) {
  return { validation, conditions: conditionsFor(model, conditions), bits: valueBits(model) };
}

/** Refuses a configuration whose images, conditions, classes or unit differ from the baseline's. */
function requireComparable(baseline: Config, config: Config): void {
  const comparedText = (settings: Config): string =>
    JSON.stringify([
      imagesWanted(settings),
      resultUnit(settings.model).name,
      settings.model.classes !== undefined,
    ]);
  if (comparedText(config) !== comparedText(baseline)) {
    throw new UserError(
      'invalid-config',
      "its images, conditions, classes or unit differ from the baseline's (data.validation, data.conditions, model.bits, " +
        'model.continuous, model.condition, model.classes), so their results cannot be compared',
    );
  }
}
