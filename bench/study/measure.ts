// What is measured of a trained run: bits/dim of every test image, and whether images return from their latents.
import { join } from 'node:path';
import { evaluationRecord } from '../../src/cli/evaluationRecord.ts';
import { readAll, subset } from '../../src/data/dataset.ts';
import { openDataset } from '../../src/data/registry.ts';
import { evaluate } from '../../src/evaluation/measure/evaluate.ts';
import { FlowModel } from '../../src/evaluation/model/flowModel.ts';
import { loadRun } from '../../src/evaluation/model/loadRun.ts';
import { writeRunCard } from '../../src/evaluation/runs/runCard.ts';
import { countParameters } from '../../src/models/glow.ts';
import { releaseAfter } from '../../src/training/resources.ts';
import { appendEvaluation } from '../../src/training/run/runSummary.ts';
import { readJson, writeJson } from './jsonFile.ts';
import type { StudyRun } from './runs.ts';

/** What is measured with the average weights of the last step. */
export interface RunMeasurement {
  readonly step: number;
  readonly parameters: number;
  /** Of the test images, the mean over draws of each. */
  readonly perImage: readonly number[];
  readonly bitsPerDim: number;
  /** The standard error over draws. */
  readonly standardError: number | null;
  /** The standard error over images. */
  readonly samplingError: number | null;
  readonly draws: number;
  readonly roundTrip: {
    readonly images: number;
    /** The largest |difference| of pixel values in [−½, ½) after encode and decode. */
    readonly largestError: number;
    /** The share of pixels that return as the same integer. */
    readonly exactPixelShare: number;
  };
}

/** Draws of the noise of each test image; as `emerging train` does. */
export const DRAWS = 2;
const SEED = 0;
const ROUND_TRIP_IMAGES = 64;

/** What was measured of a run; undefined where nothing has been yet. */
export function readMeasurement(run: StudyRun): RunMeasurement | undefined {
  return readJson(measurementPath(run));
}

/**
 * Measures a run and stores it in its folder; `onProgress` may throw to stop.
 *
 * @throws RangeError if an image has bits/dim that are not finite; nothing is stored then
 */
export async function measure(
  run: StudyRun,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const loaded = loadRun(run.directory);
  const { config, model, paths, step } = loaded;
  const { test } = await openDataset(config.data.name, { validation: config.data.validation });
  const total = DRAWS * test.count;
  const { evaluation, roundTrip } = await releaseAfter(async (keep) => {
    const flow = keep(new FlowModel(loaded, {}));
    const options = { draws: DRAWS, seed: SEED, onProgress: (done: number) => onProgress(done, total) };
    const evaluation = await evaluate(flow, test, options);
    const count = Math.min(ROUND_TRIP_IMAGES, test.count);
    const pixels = readAll(
      subset(
        test,
        Array.from({ length: count }, (_, index) => index),
      ),
    );
    return { evaluation, roundTrip: { images: count, ...(await thereAndBack(flow, pixels)) } };
  });
  const broken = evaluation.perImage.filter((value) => !Number.isFinite(value)).length;
  if (broken > 0) {
    throw new RangeError(`bits/dim of ${broken} test images are not finite`);
  }
  appendEvaluation(paths, {
    step,
    seed: SEED,
    ...evaluationRecord(evaluation, { split: 'test', weights: 'average', bits: config.model.bits }),
  });
  writeRunCard(paths, loaded);
  const { perImage, bitsPerDim, standardError, samplingError, draws } = evaluation;
  const measurement: RunMeasurement = {
    step,
    parameters: countParameters(config.model, model.imageShape),
    ...{ bitsPerDim, standardError, samplingError, draws, roundTrip },
    perImage: Array.from(perImage),
  };
  writeJson(measurementPath(run), measurement);
}

/** The errors of decode(encode(x)) on 8-bit images. */
async function thereAndBack(
  model: FlowModel,
  pixels: Uint8Array,
): Promise<{ largestError: number; exactPixelShare: number }> {
  const levels = 2 ** model.bits;
  const values = await model.decodeValues(await model.encode(pixels));
  let largestError = 0;
  let exact = 0;
  values.forEach((value, index) => {
    const level = Math.floor((pixels[index]! * levels) / 256);
    const error = Math.abs(value - ((level + 0.5) / levels - 0.5));
    largestError = error <= largestError || Number.isNaN(largestError) ? largestError : error;
    exact += Math.floor((value + 0.5) * levels) === level ? 1 : 0;
  });
  return { largestError, exactPixelShare: exact / pixels.length };
}

function measurementPath({ directory }: StudyRun): string {
  return join(directory, 'measurement.json');
}
