// Audits the images of a dataset: duplicates, files that differ, odd images and likely wrong labels.

import { UserError } from '../../../core/errors.ts';
import { copied, type ImageShape, showImageShape, type Values } from '../../../core/numeric/index.ts';
import { countPictures, type DecodedImage, type RawDataset } from '../../../data/contract/index.ts';
import { fitImage } from '../../../data/pixels/index.ts';
import type { FlowModel } from '../../../model/index.ts';
import type { ReferenceScores } from '../../../model/referenceScores.ts';
import type { CompileOptions } from '../../../tensor/engine/index.ts';
import { identicalGroups, nearGroups } from './duplicates.ts';
import { type ExaminedImage, type ExaminedSet, examineImages } from './examinedImages.ts';
import { collectPictures, pixelFeatures } from './features.ts';
import { type Neighbours, nearestNeighbours, type RowLabels } from './neighbours.ts';
import { type OddFindings, oddByModel, oddByNeighbours } from './oddImages.ts';
import { examineShapes, type ShapeFindings } from './shapes.ts';
import { type ClassEvidence, doubtfulLabels, type LabelFindings } from './wrongLabels.ts';

/** With fewer different images, distances between neighbours mean little. */
const FEWEST_IMAGES = 10;

/** The most distances to classes that are kept, 256 MiB. */
const MOST_CLASS_DISTANCES = 2 ** 26;

/** A model to score images with. */
export interface AuditModel {
  readonly model: FlowModel;
  readonly reference: ReferenceScores;
  /** Whether images of another size or colour type are converted to the model's. */
  readonly resize: boolean;
}

/** How images are audited. */
interface AuditOptions {
  /** The most images of each split. */
  readonly most: number;
  readonly model?: AuditModel | undefined;
  readonly engine: CompileOptions;
  readonly signal?: AbortSignal | undefined;
  /** Called at the start of each stage of the work, with the number of images, null if that is unknown. */
  onStage?(stage: string, images: number | null): void;
  /** Called with the number of images done in this stage. */
  onProgress?(images: number): void;
}

/** A result, or why there is none. */
export type Finding<Result> = { readonly found: Result } | { readonly missing: string };

/** The results of an audit. Images are given by their positions. */
export interface Audit extends ExaminedSet, ShapeFindings {
  readonly dataset: RawDataset;
  /** Groups of images with the same pixels. */
  readonly identical: readonly (readonly number[])[];
  /** Groups of nearly identical images. */
  readonly near: Finding<readonly (readonly number[])[]>;
  /** The groups of `identical` whose images have different labels. */
  readonly conflicts: readonly (readonly number[])[];
  readonly odd: Finding<OddFindings>;
  /** Why the model was not used, although one was given. */
  readonly unused: UserError | undefined;
  /** Images that the model could not score, since they have another shape. */
  readonly notScored: readonly number[];
  readonly labels: Finding<LabelFindings & { readonly by: 'neighbours' | 'label' }>;
}

/** Whether an error is about the model and these images; any other means that something has failed. */
function isUnsuitable(error: unknown): error is UserError {
  return error instanceof UserError && ['mismatch', 'not-ready', 'unsupported'].includes(error.code);
}

/**
 * Audits the images of a dataset; nothing is modified. If the model cannot score them, or describes other images, odd images
 * and labels are found without it.
 *
 * @param source the name or path of the dataset, for errors
 * @throws UserError if no image can be read; as `examineImages` does
 */
export async function audit(source: string, dataset: RawDataset, options: AuditOptions): Promise<Audit> {
  const { model, engine, signal, onStage, onProgress } = options;
  const stage = (name: string, images: number | null): void => onStage?.(name, images);
  const ofStage = (images: number) => ({
    signal,
    onProgress: (done: number, total: number) => onProgress?.(Math.floor((images * done) / total)),
  });
  const fit = model && new FittedImages(model.model.imageShape, { resize: model.resize });
  stage('reading', await countPictures(dataset));
  const set = await examineImages(dataset, {
    most: options.most,
    signal,
    onProgress,
    ...(fit && { onImage: (image, index, name) => fit.add(image, index, name) }),
  });
  const { images } = set;
  if (images.length === 0) {
    const why = set.unreadable[0] === undefined ? '' : `, such as ${set.unreadable[0]}`;
    throw new UserError('invalid-data', `${source}: none of its images can be read${why}`);
  }
  const identical = identicalGroups(images);
  const repeated = new Set(identical.flatMap(([, ...later]) => later));
  const distinct = images.map((_, index) => index).filter((index) => !repeated.has(index));
  const chosen = distinct.map((index) => images[index]!);
  const labels = knownLabels(dataset, images);
  const few = `at least ${FEWEST_IMAGES} different images are needed, and there are ${distinct.length}`;
  let neighbours: Neighbours | undefined;
  let near: Audit['near'] = { missing: few };
  if (distinct.length >= FEWEST_IMAGES) {
    stage('finding neighbours', distinct.length);
    const pictures = collectPictures(chosen);
    const { rows, width } = pixelFeatures(pictures);
    neighbours = await nearestNeighbours(rows, width, {
      labels: rowLabels(labels, chosen),
      engine,
      ...ofStage(distinct.length),
    });
    stage('comparing', distinct.length);
    const groups = await nearGroups(chosen, pictures, neighbours, { engine, ...ofStage(distinct.length) });
    near = { found: groups.map((group) => group.map((row) => distinct[row]!)) };
  }
  let byModel: Awaited<ReturnType<typeof oddByModel>> | undefined;
  let unused: UserError | undefined;
  if (fit && model) {
    const { pixels, positions } = fit;
    try {
      fit.requireUsable();
      stage('scoring', positions.length);
      byModel = await oddByModel({
        model: model.model,
        reference: model.reference,
        pixels,
        images: positions,
        labels: labels && { ...labels, of: positions.map((index) => images[index]!.label!) },
        ...ofStage(positions.length),
      });
    } catch (error) {
      signal?.throwIfAborted();
      if (!isUnsuitable(error)) {
        throw error;
      }
      unused = error;
    }
  }
  return {
    dataset,
    ...set,
    ...examineShapes(images),
    identical,
    near,
    conflicts: identical.filter((group) => new Set(group.map((index) => images[index]!.label)).size > 1),
    odd: byModel
      ? { found: byModel.odd }
      : neighbours
        ? { found: oddByNeighbours(distinct, neighbours) }
        : { missing: few },
    unused,
    notScored: byModel && fit ? fit.others : [],
    labels: labelFindings(),
  };

  function labelFindings(): Audit['labels'] {
    if (labels === undefined) {
      return {
        missing:
          dataset.whyNoLabels ??
          'the images have no labels: for folders as classes, put each class into its folder',
      };
    }
    if (byModel?.evidence && fit) {
      return judged('label', byModel.evidence, fit.positions);
    }
    if (neighbours === undefined) {
      return { missing: few };
    }
    if (neighbours.ofClass === undefined) {
      return {
        missing: `too few images for the classes: ${distinct.length} for ${labels.classes.length}`,
      };
    }
    // The density of the neighbours of each class: −ln of the distance to the third.
    const values = Float64Array.from(neighbours.ofClass, (distance) => -Math.log(Math.max(distance, 1e-3)));
    return judged('neighbours', { classes: labels.classes.length, values }, distinct);
  }

  function judged(
    by: 'neighbours' | 'label',
    evidence: ClassEvidence,
    positions: readonly number[],
  ): Audit['labels'] {
    const knownLabels = positions.map((index) => images[index]!.label!);
    const { doubtful, ...statistics } = doubtfulLabels(knownLabels, evidence);
    if (statistics.judged === 0) {
      return { missing: 'at least two classes need four different images each' };
    }
    const inOrder = doubtful.map((label) => ({ ...label, image: positions[label.image]! }));
    return { found: { ...statistics, doubtful: inOrder, by } };
  }
}

interface KnownLabels {
  readonly classes: readonly string[];
}

/** The classes, if every image has a label and there are at least two classes. */
function knownLabels({ classes }: RawDataset, images: readonly ExaminedImage[]): KnownLabels | undefined {
  return classes && classes.length > 1 && images.every(({ label }) => label !== undefined)
    ? { classes }
    : undefined;
}

function rowLabels(labels: KnownLabels | undefined, images: readonly ExaminedImage[]): RowLabels | undefined {
  return labels && 3 * labels.classes.length * images.length <= MOST_CLASS_DISTANCES
    ? { classes: labels.classes.length, of: images.map(({ label }) => label!) }
    : undefined;
}

/** The most bytes of pixels for a model: 2 GiB. */
const MOST_BYTES = 2 ** 31;

/** The images of a dataset that a model can score. */
class FittedImages {
  readonly pixels: (readonly [name: string, values: Values])[] = [];
  /** The position of each of them. */
  readonly positions: number[] = [];
  /** The positions of the images of another shape. */
  readonly others: number[] = [];
  private readonly wanted: ImageShape;
  private readonly resize: boolean;
  private refusal: UserError | undefined;
  private isFull = false;

  /** @param wanted the image shape of the model */
  constructor(wanted: ImageShape, { resize }: { readonly resize: boolean }) {
    this.wanted = wanted;
    this.resize = resize;
  }

  /** Takes an image, its position and its name, for errors. */
  add({ height, width, channels, data }: DecodedImage, index: number, name: string): void {
    if (this.isFull) {
      return;
    }
    const image = { shape: [height, width, channels] as const, pixels: data };
    try {
      const fitted = fitImage(image, this.wanted, { source: name, resize: this.resize });
      // Not a view: it would keep all pixels of a larger array.
      this.pixels.push([name, fitted === data ? copied(fitted) : fitted]);
      this.positions.push(index);
    } catch (error) {
      if (!(error instanceof UserError)) {
        throw error;
      }
      this.refusal ??= error;
      this.others.push(index);
    }
    if (this.pixels.length * (this.pixels[0]?.[1].byteLength ?? 0) > MOST_BYTES) {
      this.isFull = true;
      this.pixels.length = 0;
    }
  }

  /** @throws UserError if no image has the model's shape, or they don't fit into memory together */
  requireUsable(): void {
    if (this.isFull) {
      throw new UserError(
        'unsupported',
        `more images than fit into memory for a model of ${showImageShape(this.wanted)}: audit fewer at once`,
      );
    }
    if (this.pixels.length === 0) {
      throw this.refusal!;
    }
  }
}
