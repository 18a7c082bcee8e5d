// The pictures in a run folder: its learning curve, samples at each milestone, and the same samples over time.
import { encode } from 'fast-png';
import { isPointShape } from '../../core/numeric/index.ts';
import { type ImageSet, imagesBuffer } from '../../data/contract/index.ts';
import { listFolder, pathFrom, pathIn, readBytes, realFolder } from '../../data/files/index.node.ts';
import { decodeImage } from '../../data/formats/imageDecoding.ts';
import { plotPng, pointsPicture } from '../../data/pictures/drawPlot.ts';
import { contactSheet, rowHeight } from '../../data/pictures/index.ts';
import { requireEightBits } from '../../data/pixels/index.ts';
import { resultUnit } from '../../flows/models/index.ts';
import { type FlowModel, meanCondition } from '../../model/index.ts';
import type { MeasuredImage } from '../../model/measure/index.ts';
import { runFileNames } from '../../runs/contents/index.ts';
import type { RunStore } from '../../runs/contents/runStore.ts';
import { type RunPaths, runFiles } from '../../runs/folder/index.ts';
import { experimentName } from '../../runs/settings/experimentName.ts';
import type { Config } from '../../runs/settings/index.ts';
import type { DrawnSamples } from '../loop/trainingEvents.ts';
import { curvePlot, readLearningCurve } from './curvePlot.ts';

/** The samples of a run folder: the same latents each time; for a model with a few classes, a column for each. */
const SAMPLES = { count: 64, temperature: 0.8, seed: 0 };
/** The same for points, whose density shows only at temperature 1. */
const SAMPLED_POINTS = { count: 1000, temperature: 1 };
const MOST_COLUMNS = 16;

/** A run that is drawn. */
export interface PicturedRun {
  readonly config: Config;
  readonly paths: RunPaths;
  readonly preset: string | null;
  readonly store: RunStore;
}

/** Redraws `curve.png` from the metrics; returns its path, or null if there is nothing to draw yet. */
export async function drawLearningCurve(run: PicturedRun): Promise<string | null> {
  const { config, paths, store } = run;
  const title = pictureTitle(run);
  const curve = readLearningCurve(await store.readMetrics());
  const plot = curvePlot([{ name: title, curve }], { title, unit: resultUnit(config.model) });
  if (plot === null) {
    return null;
  }
  runFiles(paths).write(runFileNames.curve, await plotPng(plot));
  return paths.curve;
}

/** The title of a run's pictures: what it is, and its folder, also if it was opened as `.` or through a link. */
export function pictureTitle({ preset, config, paths }: Omit<PicturedRun, 'store'>): string {
  const folder = realFolder(paths.directory);
  const below = pathFrom(realFolder('.'), folder);
  const isBelow = below !== '' && !/^\.\.(\/|$)/.test(below);
  return `${experimentName(preset, config)}, ${isBelow ? below : folder}`;
}

/** The sheet of the samples after a step. */
export function samplesPath(paths: RunPaths, step: number): string {
  return pathIn(paths.samples, sheetName(step));
}

function sheetName(step: number): string {
  return `step-${String(step).padStart(8, '0')}.png`;
}

/** The most bytes of a sheet: 64 incompressible images of 512x512 pixels. */
const LARGEST_SHEET = 2 ** 26;

/** The bytes of a sheet of samples. */
export function readSheet(path: string): Uint8Array {
  return readBytes(path, LARGEST_SHEET);
}

/** Draws the pictures of a milestone without keeping them. */
export async function rehearsePictures(model: FlowModel): Promise<void> {
  await drawSheet(model, await sampleSheet(model));
  const points = [1, 2].map((step) => ({ step, bitsPerDim: step }));
  const curve = { training: points, validation: points, batchesPerPoint: 1 };
  await plotPng(curvePlot([{ name: 'rehearsal', curve }], { title: 'rehearsal' })!);
}

/** Draws samples into `samples/step-00000040.png`, and the first of every such sheet into `samples/over-time.png`. */
export async function drawSamples(model: FlowModel, step: number, paths: RunPaths): Promise<DrawnSamples> {
  const sheet = await sampleSheet(model);
  const { count, overflowed } = sheet;
  const { imageShape, kind } = model;
  const files = runFiles(paths);
  files.write(`${runFileNames.samples}/${sheetName(step)}`, await drawSheet(model, sheet));
  const drawn = { file: samplesPath(paths, step), count, overflowed };
  if (isPointShape(imageShape)) {
    return drawn;
  }
  // Sheets of later steps show lost weights: the run was resumed from an earlier step.
  const sheets = listFolder(paths.samples).filter((name) => {
    const [, drawnStep] = /^step-(\d{8,})\.png$/.exec(name) ?? [];
    return drawnStep !== undefined && Number(drawnStep) <= step;
  });
  // Someone else may have put them there: decoded within the limits for images of others.
  const decoded = sheets
    .map((name) => pathIn(paths.samples, name))
    .map(async (path) => {
      const sheet = await decodeImage(readSheet(path), path);
      return { ...sheet, data: requireEightBits(sheet.data, path) };
    });
  const stacked = stackRows(await Promise.all(decoded), rowHeight(imageShape, kind));
  files.write(`${runFileNames.samples}/over-time.png`, stacked);
  return drawn;
}

/** A sheet of images, or a scatter plot of points. */
async function drawSheet(
  { imageShape }: FlowModel,
  { images, columns }: Awaited<ReturnType<typeof sampleSheet>>,
): Promise<Uint8Array> {
  return isPointShape(imageShape)
    ? pointsPicture(images, imageShape[2])
    : contactSheet(images, { imageShape, ...columns });
}

/** The samples of a sheet, and how many columns it has. */
async function sampleSheet(model: FlowModel) {
  const isPoints = isPointShape(model.imageShape);
  const { temperature, seed, count: wanted } = { ...SAMPLES, ...(isPoints && SAMPLED_POINTS) };
  const classes = model.classes.length;
  const columns = classes > 0 && classes <= MOST_COLUMNS ? { columns: classes } : {};
  const count = columns.columns ? columns.columns * Math.floor(wanted / columns.columns) : wanted;
  let overflowed = 0;
  const images = await model.sample({
    count,
    // A run draws the same pictures each time; for a model with a condition, at the mean of the training images.
    condition: meanCondition(model.model),
    temperature,
    seed,
    onOverflow: (overflowing) => {
      overflowed = overflowing.length;
    },
  });
  return { images, columns, count, overflowed };
}

/**
 * Draws the worst images of an evaluation, the worst first.
 *
 * @returns the bytes of a PNG
 * @throws UserError if images of 8 bits have other than 1 or 3 channels
 */
export function drawWorst(images: ImageSet, worst: readonly MeasuredImage[]): Uint8Array {
  const { imageShape } = images;
  const pixels = imagesBuffer(images, worst.length);
  images.read(
    worst.map(({ index }) => index),
    pixels,
  );
  return contactSheet(pixels, { imageShape });
}

/** A decoded picture, 8 bits per channel. */
interface Sheet {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

/** Grey pixels between two rows. */
const gap = 2;
const grey = 128;

/**
 * The top `height` pixels of every sheet, stacked with grey gaps, as the bytes of a PNG. Sheets that differ in width or
 * kind from the last are omitted.
 */
function stackRows(sheets: readonly Sheet[], height: number): Uint8Array {
  const { width, channels } = sheets.at(-1)!;
  const rows = sheets.filter(
    (sheet) => sheet.width === width && sheet.channels === channels && sheet.height >= height,
  );
  const data = new Uint8Array(width * channels * (rows.length * (height + gap) - gap)).fill(grey);
  rows.forEach((row, index) => {
    const pixels = row.data.subarray(0, width * height * channels);
    data.set(pixels, index * (height + gap) * width * channels);
  });
  return encode({ width, height: rows.length * (height + gap) - gap, data, channels });
}
