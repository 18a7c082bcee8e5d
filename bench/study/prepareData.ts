// The images of a study: available, prepared once, or an error that says how to get them.
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Interruption } from '../../src/cli/terminal/interruption.ts';
import { openDataset } from '../../src/data/registry.ts';
import { UserError } from '../../src/errors.ts';
import { checkModelShape, type ShapedModel } from '../../src/experiments/modelShape.ts';
import type { ImageShape } from '../../src/numeric/imageShape.ts';
import { callEmerging } from '../shared/processes.ts';
import { configsOf } from './runs.ts';
import type { Study } from './studies.ts';

/** How many images a study has, and of which size. */
export interface StudyImages {
  readonly imageShape: ImageShape;
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

/**
 * Prepares the images of a study.
 *
 * @throws UserError that says how to get them if they are missing, or if there are no validation images, or
 *   which of the study's models they do not fit
 */
export async function prepareData(study: Study, interruption: Interruption): Promise<StudyImages> {
  const { name, prepare } = study.data;
  if (prepare !== undefined && !existsSync(name)) {
    const { source, options, missing } = prepare;
    if (!existsSync(source)) {
      throw new UserError(
        'not-ready',
        `the images of ${study.name} are missing: ${source} does not exist; ${missing}`,
      );
    }
    mkdirSync(dirname(name), { recursive: true });
    process.stderr.write(`preparing ${name}, once\n`);
    const { code, json } = await callEmerging(
      interruption,
      ...['datasets', 'prepare', source, ...options, '--out', name, '--skip-damaged'],
    );
    interruption.signal.throwIfAborted();
    if (code !== 0) {
      throw new UserError('io', `${name} could not be prepared: ${json.error}`);
    }
  }
  const configs = configsOf(study);
  const { imageShape, train, validation, test } = await openDataset(name, {
    validation: [...configs.values()][0]!.data.validation,
  });
  requireValidation(study, validation.count);
  for (const [variant, { model }] of configs) {
    requireFit(`${study.name}, ${variant}`, model, imageShape);
  }
  return { imageShape, train: train.count, validation: validation.count, test: test.count };
}

function requireValidation({ name }: Study, images: number): void {
  if (images === 0) {
    throw new UserError(
      'invalid-config',
      `${name}: it has no validation images, which are needed to choose learning rates and draw curves: ` +
        "hold some out, for example with 'data.validation=0.1' among its changes",
    );
  }
}

function requireFit(place: string, model: ShapedModel, imageShape: ImageShape): void {
  try {
    checkModelShape(model, imageShape);
  } catch (error) {
    throw error instanceof UserError
      ? new UserError(error.code, `${place}: ${error.message}`, { cause: error })
      : error;
  }
}

/** The status of a study's images, in words. */
export function aboutData({ data }: Study): string {
  if (data.prepare === undefined) {
    return data.name;
  }
  const { source, missing } = data.prepare;
  if (existsSync(data.name)) {
    return data.name;
  }
  return existsSync(source)
    ? `${data.name}, to be prepared from ${source}`
    : `${data.name}, missing: ${missing}`;
}
