// An evaluation with everything it depends on, as stored in runs and printed.
import { evenlySpread, type ImageSet, type Split, subset } from '../../data/contract/index.ts';
import type { JsonObject } from '../../data/files/index.ts';
import {
  type DequantisationName,
  dequantisationName,
  type ModelOptions,
  type ResultUnit,
  resultUnit,
  valueBits,
} from '../../flows/models/index.ts';
import type { WeightsKind } from '../../runs/contents/index.ts';
import type { FlowModel } from '../flowModel.ts';
import { type EvaluateOptions, type Evaluation, evaluate, type MeasuredImage } from './evaluate.ts';

/** What is printed and stored for an evaluation: the result and everything it depends on. */
export interface EvaluationRecord extends Record<string, unknown>, Omit<Evaluation, 'perImage'> {
  readonly split: Split;
  /** How many images the split has, if not all were measured. */
  readonly available?: number;
  /** Absent if an export does not say. */
  readonly weights?: WeightsKind;
  /** Absent for a continuous model. */
  readonly bits?: number;
  /** The unit for display and storage; the record itself is in bits per value. */
  readonly unit: ResultUnit;
  /** Which bound it is, named after the dequantisation noise; importance-weighted or not, q refers to this noise. */
  readonly bound: DequantisationName;
}

/** An evaluation of some images of a set. */
export type PartialEvaluation = Evaluation & Pick<EvaluationRecord, 'available'>;

/** Evaluates `count` images, evenly spread over a set; the worst ones have their indices in the set. */
export async function evaluateSpread(
  model: FlowModel,
  images: ImageSet,
  count: number,
  options: EvaluateOptions,
): Promise<PartialEvaluation> {
  if (count >= images.count) {
    return evaluate(model, images, options);
  }
  const positions = evenlySpread(count, images.count);
  const evaluation = await evaluate(model, subset(images, positions), options);
  const inSet = (image: MeasuredImage): MeasuredImage => ({ ...image, index: positions[image.index]! });
  return {
    ...evaluation,
    worst: inSet(evaluation.worst),
    worstImages: evaluation.worstImages.map(inSet),
    available: images.count,
  };
}

/** An evaluation as stored, without the per-image values. */
export function evaluationRecord(
  { perImage: _, ...measured }: PartialEvaluation,
  { split, weights, model }: { split: Split; weights: WeightsKind | undefined; model: ModelOptions },
): EvaluationRecord {
  return {
    ...measured,
    split,
    ...(weights && { weights }),
    ...(valueBits(model) !== undefined && { bits: valueBits(model)! }),
    unit: resultUnit(model),
    bound: dequantisationName(model),
  };
}

/** An evaluation as stored in files, in the unit of the model. */
export function storedEvaluation({ unit, ...record }: EvaluationRecord): JsonObject {
  return unit.record(record) as JsonObject;
}
