// The measurements of a trained run: bits/dim of every test image, and the round trip of images.
import { join } from 'node:path';
import { dimensionsOf } from '../../src/core/numeric/imageShape.ts';
import { firstImages, type ImageSet, readAll } from '../../src/data/contract/dataset.ts';
import { openDataset } from '../../src/data/registry.ts';
import { countParameters } from '../../src/flows/models/flowRegistry.ts';
import type { Glow } from '../../src/flows/models/glow.ts';
import { FlowModel } from '../../src/model/flowModel.ts';
import { loadRun } from '../../src/model/loading/loadRun.ts';
import { evaluate } from '../../src/model/measure/evaluate.ts';
import { evaluationRecord } from '../../src/model/measure/evaluationRecord.ts';
import {
  compareImages,
  dequantised,
  type ReturnedImages,
  summariseReturned,
} from '../../src/model/measure/returnedImages.ts';
import { folderStore } from '../../src/runs/folder/folderStore.ts';
import { releaseAfter } from '../../src/tensor/engine/resources.ts';
import { writeRunCard } from '../../src/training/reports/runCard.ts';
import { readJson, writeJson } from './jsonFile.ts';
import type { StudyRun } from './runs.ts';

/** The measurements with the average weights of the last step. */
export interface RunMeasurement {
  readonly step: number;
  readonly parameters: number;
  /** For each test image, the mean over draws. */
  readonly perImage: readonly number[];
  readonly bitsPerDim: number;
  /** The standard error over draws. */
  readonly standardError: number | null;
  /** The standard error over images. */
  readonly samplingError: number | null;
  readonly draws: number;
  /** decode(encode(x)) of the first test images. */
  readonly roundTrip: Omit<ReturnedImages, 'worstImage'>;
}

/** Draws of the noise of each test image; as `emerging train` does. */
const DRAWS = 2;
const SEED = 0;
const ROUND_TRIP_IMAGES = 64;

/** The measurements of a run; undefined if there are none yet. */
export function readMeasurement(run: StudyRun): RunMeasurement | undefined {
  return readJson(measurementPath(run));
}

/**
 * Measures a run and stores it in its folder; `onProgress` may throw to stop.
 *
 * @throws RangeError if an image has non-finite bits/dim; nothing is stored then
 */
export async function measure(
  run: StudyRun,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const loaded = await loadRun(run.directory);
  const { config, model, paths, step } = loaded;
  const { test } = await openDataset(config.data.name, { validation: config.data.validation });
  const total = DRAWS * test.count;
  const { evaluation, roundTrip } = await releaseAfter(async (keep) => {
    const flow = keep(new FlowModel(loaded, {}));
    const options = { draws: DRAWS, seed: SEED, onProgress: (done: number) => onProgress(done, total) };
    const evaluation = await evaluate(flow, test, options);
    return { evaluation, roundTrip: await thereAndBack(flow, model, firstImages(test, ROUND_TRIP_IMAGES)) };
  });
  const broken = evaluation.perImage.filter((value) => !Number.isFinite(value)).length;
  if (broken > 0) {
    throw new RangeError(`bits/dim of ${broken} test images are not finite`);
  }
  await folderStore(paths).appendEvaluation({
    step,
    seed: SEED,
    ...evaluationRecord(evaluation, { split: 'test', weights: 'average', model: config.model }),
  });
  await writeRunCard(paths, loaded);
  const { perImage, bitsPerDim, standardError, samplingError, draws } = evaluation;
  const measurement: RunMeasurement = {
    step,
    parameters: countParameters(model.imageShape, config.model),
    ...{ bitsPerDim, standardError, samplingError, draws, roundTrip },
    perImage: Array.from(perImage),
  };
  writeJson(measurementPath(run), measurement);
}

/** The errors of decode(encode(x)). */
async function thereAndBack(
  flow: FlowModel,
  model: Glow,
  images: ImageSet,
): Promise<RunMeasurement['roundTrip']> {
  const returned = await flow.decodeValues(await flow.encode(readAll(images)));
  const { data: original } = await dequantised(images, model);
  const compared = compareImages(returned, original, { images: images.count, bits: flow.bits });
  const { worstImage: _, ...roundTrip } = summariseReturned(compared, dimensionsOf(flow.imageShape));
  return roundTrip;
}

function measurementPath({ directory }: StudyRun): string {
  return join(directory, 'measurement.json');
}
