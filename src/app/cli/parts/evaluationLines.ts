// An evaluation as `emerging evaluate` and `emerging train` print it.

import { visibleText } from '../../../core/errors.ts';
import { imageText } from '../../../data/contract/index.ts';
import { boundText, type ResultUnit, valuesText } from '../../../flows/models/index.ts';
import { errorText } from '../../../model/card/reportText.ts';
import type { Accuracy, ClassEvaluation, EvaluationRecord } from '../../../model/measure/index.ts';
import { formatCount, formatCounted } from '../terminal/format.ts';
import { noteOnStderr } from '../terminal/output.ts';
import { right, tableLines } from '../terminal/table.ts';
import { shellWord } from '../terminal/wording.ts';

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
  const weightsText = weights ? `${weights} weights, ` : '';
  const how = `${weightsText}${valuesText(bits)}, ${boundText(bound)}, ${formatCounted(draws, 'draw')}`;
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

/** The most classes that are listed one by one. */
const LISTED = 20;

/** The part of an evaluation about classes. */
function classLines(
  { marginalBitsPerDim, byClass, ...overall }: ClassEvaluation,
  unit: ResultUnit,
): string[] {
  const share = ({ accuracy, accuracyError }: Accuracy): string =>
    `${(100 * accuracy).toFixed(2)} % (± ${(100 * accuracyError).toFixed(2)} %)`;
  const table = tableLines(
    ['CLASS', right('IMAGES'), right(unit.name.toUpperCase()), right('±'), right('RIGHT')],
    byClass.map((entry) => [
      entry.class,
      formatCount(entry.images),
      entry.bitsPerDim === null ? '' : unit.of(entry.bitsPerDim).toFixed(4),
      entry.samplingError === null ? '' : errorText(unit.of(entry.samplingError)),
      entry.images === 0 ? '' : share(entry),
    ]),
  );
  return [
    `${unit.text(marginalBitsPerDim, 4)} of p(x), the classes equally likely`,
    `classification by Bayes' rule: ${share(overall)} correct`,
    ...(byClass.length <= LISTED ? table : []),
  ];
}
