// Odd images of an audit: by the score of a model, or without one by the distance to their neighbours.

import { UserError } from '../../../core/errors.ts';
import { median, quantile, type Values } from '../../../core/numeric/index.ts';
import { type ImageSet, imagesInMemory, labelsFrom } from '../../../data/contract/index.ts';
import { joined } from '../../../data/pixels/index.ts';
import type { FlowModel, WorkOptions } from '../../../model/index.ts';
import type { ReferenceScores } from '../../../model/referenceScores.ts';
import { ODD } from '../limits.ts';
import type { SourceComparison } from '../sameSource.ts';
import { type ScoreReport, score } from '../score.ts';
import { NEIGHBOURS, type Neighbours } from './neighbours.ts';
import type { ClassEvidence } from './wrongLabels.ts';

/** An image and how odd it is. */
interface OddImage {
  /** Its position. */
  readonly image: number;
  /** Higher is odder. */
  readonly score: number;
  /** With a model: the share of its validation images that are at least as odd. */
  readonly pValue?: number | undefined;
}

/** The odd images that were found. */
export interface OddFindings {
  /** The score, or `neighbours` without a model. */
  readonly score: string;
  /** Every image that was scored, the oddest first. */
  readonly ranked: readonly OddImage[];
  /** How many of the first are beyond the limit; 0 if there are too few validation images to tell. */
  readonly flagged: number;
  /** The share that would be beyond it if no image were odd. */
  readonly byChance: number;
  /** With a model: how many validation images the images are compared with. */
  readonly references?: number;
  /** With a model: whether the images as a set come from the source of its validation images; undefined for too few. */
  readonly source?: SourceComparison | undefined;
}

/** Tukey's fence: normally distributed values are above it at this rate. */
const FENCE = { quartiles: 1.5, byChance: 0.0035 } as const;

/**
 * The distance to the fifth nearest image, among different images. Images are flagged if its logarithm is beyond Tukey's upper
 * fence, 1.5 times the distance between the quartiles above the upper one.
 *
 * @param images the position of each row of the neighbours
 */
export function oddByNeighbours(images: readonly number[], { distances }: Neighbours): OddFindings {
  const scores = images.map((_, row) => distances[row * NEIGHBOURS + NEIGHBOURS - 1]!);
  const logs = Float64Array.from(scores, (score) => Math.log(Math.max(score, 1e-3)));
  const sorted = logs.toSorted();
  const [lower, upper] = [quantile(sorted, 0.25), quantile(sorted, 0.75)];
  const fence = upper + FENCE.quartiles * (upper - lower);
  const ranked = images
    .map((image, row) => ({ image, score: scores[row]! }))
    .sort((a, b) => b.score - a.score || a.image - b.image);
  // Of logarithms: e to the logarithm of a distance may be less than the distance.
  const flagged = logs.filter((log) => log > fence).length;
  return { score: 'neighbours', ranked, flagged, byChance: FENCE.byChance };
}

/** Images with the shape of a model, and how to score them. */
export interface ScoredWithModel extends WorkOptions {
  readonly model: FlowModel;
  readonly reference: ReferenceScores;
  /** The name and the pixels of each image. */
  readonly pixels: readonly (readonly [name: string, values: Values])[];
  /** The position of each of them. */
  readonly images: readonly number[];
  /** The class of each of them, and the names of the classes. */
  readonly labels?: { readonly classes: readonly string[]; readonly of: readonly number[] } | undefined;
}

/** A model doesn't describe a set that differs from its validation images and whose median p-value is at most this. */
const LEAST_MEDIAN = 0.1;

/**
 * The default score of a model; with its classes also how well each suits each image, in bits.
 *
 * @throws UserError (`mismatch`) if most of the images are unlike its validation images, so that it cannot tell odd ones; as
 * `score` does
 */
export async function oddByModel(
  scored: ScoredWithModel,
): Promise<{ odd: OddFindings; evidence: ClassEvidence | undefined }> {
  const { model, reference, pixels, images, labels, ...following } = scored;
  const { imageShape } = model;
  const set: ImageSet = {
    ...imagesInMemory(joined(pixels), imageShape),
    ...(labels && { labels: labelsFrom(labels.classes, (index) => labels.of[index]!) }),
  };
  const report = await score(model, set, { ...following, reference });
  requireDescribed(report);
  const ranked = report.images.map(
    // The default score always has p-values.
    ({ index, score, pValue }): OddImage => ({ image: images[index]!, score, pValue: pValue! }),
  );
  const { length: references } = reference.statistics.bits;
  const isSame = JSON.stringify(labels?.classes) === JSON.stringify(model.classes);
  return {
    odd: {
      score: report.score,
      ranked,
      flagged: report.odd ?? 0,
      byChance: ODD,
      references,
      source: report.source,
    },
    evidence: isSame && model.classes.length > 1 ? classEvidence(report.images, model) : undefined,
  };
}

function requireDescribed({ source, images }: ScoreReport): void {
  if (source === undefined || source.same || median(images.map(({ pValue }) => pValue!)) > LEAST_MEDIAN) {
    return;
  }
  const how = source.shifts.map(({ text }) => text).join(', ');
  throw new UserError(
    'mismatch',
    `these images are unlike its validation images, since most are odder than ${100 * (1 - LEAST_MEDIAN)} % of them` +
      `${how === '' ? '' : ` (${how})`}; prepare them like its training images, or use a model trained on such images`,
  );
}

/** log₂ p(x | class) of each image, in the order of the images. */
function classEvidence(scores: ScoreReport['images'], { classes, imageShape }: FlowModel): ClassEvidence {
  const dimensions = imageShape.reduce((product, length) => product * length, 1);
  const values = new Float64Array(scores.length * classes.length);
  for (const { index, classes: classScores } of scores) {
    classes.forEach((name, number) => {
      values[index * classes.length + number] = -dimensions * classScores!.bitsPerDim[name]!;
    });
  }
  return { classes: classes.length, values };
}
