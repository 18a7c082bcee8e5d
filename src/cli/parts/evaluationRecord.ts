// An evaluation as `emerging evaluate` and `emerging train` store and print it.
import { evenlySpread, type ImageSet, imageText, subset } from '../../data/contract/dataset.ts';
import type { Split } from '../../data/sources/splitOfName.ts';
import type { Accuracy, ClassEvaluation } from '../../evaluation/measure/classEvaluation.ts';
import {
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  type MeasuredImage,
} from '../../evaluation/measure/evaluate.ts';
import { errorText } from '../../evaluation/reports/errorText.ts';
import { boundText, type DequantisationName, dequantisationOf } from '../../models/dequantisation.ts';
import { bitsOf, valuesText } from '../../models/imageValues.ts';
import type { ModelOptions } from '../../models/options.ts';
import { type ResultUnit, unitOf } from '../../models/unit.ts';
import type { WeightsKind } from '../../runs/contents/trainingState.ts';
import type { JsonObject } from '../../storage/jsonText.ts';
import type { FlowModel } from '../../trained/model/flowModel.ts';
import { visibleText } from '../../visibleText.ts';
import { formatCount, formatCounted } from '../terminal/format.ts';
import { noteOnStderr } from '../terminal/output.ts';
import { shellWord } from '../terminal/shellWord.ts';
import { tableLines } from '../terminal/table.ts';

/** What is printed and stored for an evaluation: the result and everything it depends on. */
export interface EvaluationRecord extends Record<string, unknown>, Omit<Evaluation, 'perImage'> {
  readonly split: Split;
  /** How many images the split has, if not all were measured. */
  readonly available?: number;
  /** Absent if an export does not say. */
  readonly weights?: WeightsKind;
  /** Absent for a continuous model. */
  readonly bits?: number;
  /** The unit in which it is shown and stored; the record itself is in bits per value. */
  readonly unit: ResultUnit;
  /** Which bound it is, named after the dequantisation noise; importance-weighted or not, q is that of this noise. */
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
    ...(bitsOf(model) !== undefined && { bits: bitsOf(model)! }),
    unit: unitOf(model),
    bound: dequantisationOf(model),
  };
}

/**
 * Fails the command, in one line, if the bits/dim of an evaluation are not finite: scripts must not take such a
 * result for a measurement.
 */
export function failUnlessFinite({ bitsPerDim, unit, split }: EvaluationRecord, directory: string): void {
  if (!Number.isFinite(bitsPerDim)) {
    noteOnStderr(
      `emerging: the ${unit.name} of the ${split} images are not finite (${bitsPerDim}): the model fails on at ` +
        `least one of them; emerging doctor ${shellWord(directory)} examines its layers`,
    );
    process.exitCode = 1;
  }
}

/**
 * An evaluation as lines of text, with an extra line for the importance-weighted bound.
 *
 * @param step the end of the first line, which may name the step
 */
export function evaluationLines(record: EvaluationRecord, step = ''): string[] {
  const { bitsPerDim, standardError, samplingError, images, available, split, weights, draws, bits } = record;
  const { median, quantiles, worst, importance, bound, likelihood, classes, unit } = record;
  const brief = (bits: number): string => unit.of(bits).toFixed(3);
  const errors = [
    standardError === null ? [] : `± ${errorText(unit.of(standardError))} over draws`,
    samplingError === null ? [] : `± ${errorText(unit.of(samplingError))} over images`,
  ].flat();
  const measured = `${unit.text(bitsPerDim, 4)}${likelihood ? ` of ${likelihood}` : ''} (${errors.join(', ')}) on ${available === undefined ? `all ${formatCount(images)}` : `${formatCount(images)} of ${formatCount(available)}`} ${split} images`;
  const spread =
    `median ${brief(median)}, 1 % below ${brief(quantiles['1%'])}, 1 % above ${brief(quantiles['99%'])}, ` +
    `worst ${brief(worst.bitsPerDim)}: ${visibleText(imageText(worst))}`;
  const which = weights ? `${weights} weights, ` : '';
  const how = `${which}${valuesText(bits)}, ${boundText(bound)}, ${formatCounted(draws, 'draw')}`;
  return [
    `${measured.replace(' ()', '')}; ${how}${step}`,
    `over images: ${spread}`,
    ...(classes ? classLines(classes, unit) : []),
    ...(importance
      ? [
          `${unit.text(importance.bitsPerDim, 4)} by the importance-weighted bound ` +
            `with ${formatCounted(importance.draws, 'draw')} of ${bound} noise per image`,
        ]
      : []),
  ];
}

/** An evaluation as stored in files, in the unit of the model. */
export function storedEvaluation({ unit, ...record }: EvaluationRecord): JsonObject {
  return unit.record(record) as JsonObject;
}

/** The most classes that are listed one by one. */
const LISTED = 20;

/** What an evaluation says of the classes. */
function classLines({ marginalBitsPerDim, byClass, ...all }: ClassEvaluation, unit: ResultUnit): string[] {
  const share = ({ accuracy, accuracyError }: Accuracy): string =>
    `${(100 * accuracy).toFixed(2)} % (± ${(100 * accuracyError).toFixed(2)} %)`;
  const table = tableLines(
    [
      { title: 'CLASS' },
      { title: 'IMAGES', align: 'right' },
      { title: unit.name.toUpperCase(), align: 'right' },
      { title: '±', align: 'right' },
      { title: 'RIGHT', align: 'right' },
    ],
    byClass.map((one) => [
      one.class,
      formatCount(one.images),
      one.bitsPerDim === null ? '' : unit.of(one.bitsPerDim).toFixed(4),
      one.samplingError === null ? '' : errorText(unit.of(one.samplingError)),
      one.images === 0 ? '' : share(one),
    ]),
  );
  return [
    `${unit.text(marginalBitsPerDim, 4)} of p(x), the classes equally likely`,
    `classification by Bayes' rule: ${share(all)} correct`,
    ...(byClass.length <= LISTED ? table : []),
  ];
}
