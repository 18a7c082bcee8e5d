// An evaluation as `emerging evaluate` and `emerging train` store and print it.
import type { Split } from '../../data/sources/splitOfName.ts';
import type { Accuracy, ClassEvaluation } from '../../evaluation/measure/classEvaluation.ts';
import type { Evaluation } from '../../evaluation/measure/evaluate.ts';
import { errorText } from '../../evaluation/reports/errorText.ts';
import { type DequantisationName, dequantisationOf } from '../../models/dequantisation.ts';
import type { ModelOptions } from '../../models/options.ts';
import type { WeightsKind } from '../../runs/contents/trainingState.ts';
import { formatCount, formatCounted } from '../terminal/format.ts';
import { noteOnStderr } from '../terminal/output.ts';
import { shellWord } from '../terminal/shellWord.ts';
import { tableLines } from '../terminal/table.ts';

/** What is printed and stored for an evaluation: the result and everything it depends on. */
export interface EvaluationRecord extends Record<string, unknown>, Omit<Evaluation, 'perImage'> {
  readonly split: Split;
  /** Absent if an export does not say. */
  readonly weights?: WeightsKind;
  readonly bits: number;
  /** Which bound it is, named after the dequantisation noise; importance-weighted or not, q is that of this noise. */
  readonly bound: DequantisationName;
}

/** An evaluation as stored, without the per-image values. */
export function evaluationRecord(
  { perImage: _, ...measured }: Evaluation,
  { split, weights, model }: { split: Split; weights: WeightsKind | undefined; model: ModelOptions },
): EvaluationRecord {
  return {
    ...measured,
    split,
    ...(weights && { weights }),
    bits: model.bits,
    bound: dequantisationOf(model),
  };
}

/**
 * Fails the command, in one line, if the bits/dim of an evaluation are not finite: scripts must not take such a
 * result for a measurement.
 */
export function failUnlessFinite({ bitsPerDim, split }: EvaluationRecord, directory: string): void {
  if (!Number.isFinite(bitsPerDim)) {
    noteOnStderr(
      `emerging: the bits/dim of the ${split} images are not finite (${bitsPerDim}): the model fails on at ` +
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
  const { bitsPerDim, standardError, samplingError, images, split, weights, draws, bits } = record;
  const { median, quantiles, worst, importance, bound, likelihood, classes } = record;
  const errors = [
    standardError === null ? [] : `± ${errorText(standardError)} over draws`,
    samplingError === null ? [] : `± ${errorText(samplingError)} over images`,
  ].flat();
  const measured = `${bitsPerDim.toFixed(4)} bits/dim${likelihood ? ` of ${likelihood}` : ''} (${errors.join(', ')}) on all ${formatCount(images)} ${split} images`;
  const spread =
    `median ${median.toFixed(3)}, 1 % below ${quantiles['1%'].toFixed(3)}, 1 % above ${quantiles['99%'].toFixed(3)}, ` +
    `worst ${worst.bitsPerDim.toFixed(3)}: image ${worst.index}`;
  const which = weights ? `${weights} weights, ` : '';
  const how = `${which}${bits} bits, ${bound} bound, ${formatCounted(draws, 'draw')}`;
  return [
    `${measured.replace(' ()', '')}; ${how}${step}`,
    `over images: ${spread}`,
    ...(classes ? classLines(classes) : []),
    ...(importance
      ? [
          `${importance.bitsPerDim.toFixed(4)} bits/dim by the importance-weighted bound ` +
            `with ${formatCounted(importance.draws, 'draw')} of ${bound} noise per image`,
        ]
      : []),
  ];
}

/** The most classes that are listed one by one. */
const LISTED = 20;

/** What an evaluation says of the classes. */
function classLines({ marginalBitsPerDim, byClass, ...all }: ClassEvaluation): string[] {
  const share = ({ accuracy, accuracyError }: Accuracy): string =>
    `${(100 * accuracy).toFixed(2)} % (± ${(100 * accuracyError).toFixed(2)} %)`;
  const table = tableLines(
    [
      { title: 'CLASS' },
      { title: 'IMAGES', align: 'right' },
      { title: 'BITS/DIM', align: 'right' },
      { title: '±', align: 'right' },
      { title: 'RIGHT', align: 'right' },
    ],
    byClass.map((one) => [
      one.class,
      formatCount(one.images),
      one.bitsPerDim?.toFixed(4) ?? '',
      one.samplingError === null ? '' : errorText(one.samplingError),
      one.images === 0 ? '' : share(one),
    ]),
  );
  return [
    `${marginalBitsPerDim.toFixed(4)} bits/dim of p(x), the classes equally likely`,
    `classification by Bayes' rule: ${share(all)} correct`,
    ...(byClass.length <= LISTED ? table : []),
  ];
}
