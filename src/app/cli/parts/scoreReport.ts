// What `emerging score` prints: a table of the oddest images, and how far to trust it.

import { visibleText } from '../../../core/errors.ts';
import type { ResultUnit } from '../../../flows/models/index.ts';
import type { WeightsKind } from '../../../runs/contents/index.ts';
import {
  ODD,
  type OddPlace,
  type ScoredImage,
  type ScoreReport,
  type SourceComparison,
  scorePhrase,
  scores,
} from '../../../uses/odd/index.ts';
import { csvText, formatCount, formatCounted, formatExpected, formatFixed } from '../terminal/format.ts';
import { formatTable, right } from '../terminal/table.ts';

/** How many images are printed: no more than one would look through. */
const LINES = 20;

/** The score of a file, as stored, by its path from the working directory. */
export interface FileScore extends Omit<ScoredImage, 'index' | 'places'> {
  readonly file: string;
  /** |percentile − 50|/50. */
  readonly oddness: number;
  /** Every score that could be computed, by name. */
  readonly scores: Readonly<Record<string, number>>;
  /** Its oddest places, if maps were made. */
  readonly places?: readonly OddPlace[];
}

/** What is printed. */
interface ScoreText extends Pick<ScoreReport, 'score' | 'odd'> {
  readonly source: SourceComparison | null;
  readonly images: readonly FileScore[];
  /** Why p-values are missing; null if they aren't. */
  readonly noPValues: string | null;
  readonly draws: number;
  /** Absent if an export does not say. */
  readonly weights?: WeightsKind;
  readonly unit: ResultUnit;
  readonly reference: { readonly data: string; readonly images: number };
  /** What to add about the weights. */
  readonly step: string;
}

/** The table, and what it rests on. */
export function scoreText({
  images,
  score,
  odd,
  source,
  noPValues,
  draws,
  weights,
  unit,
  reference,
  step,
}: ScoreText): string {
  const more = images.length - LINES;
  const lessOdd = more > 0 ? `and ${formatCount(more)} less odd ones; use --out FILE.csv for all\n` : '';
  const measured =
    `${formatCounted(images.length, 'image')} compared with ${formatCounted(reference.images, 'validation image')} of ` +
    `${visibleText(reference.data)}; ${formatCounted(draws, 'draw')}, ${weights ?? 'unknown'} weights${step}\n`;
  const ofSet = source === null ? '' : `${sourceText(source, images.length)}\n`;
  const about = { noPValues, odd, references: reference.images, unit };
  return `${table(images, score, unit)}\n${lessOdd}${measured}${trustText(images, score, about)}${ofSet}`;
}

function table(images: readonly FileScore[], score: string, unit: ResultUnit): string {
  const hasClasses = images[0]?.classes !== undefined;
  const hasPValues = images.some(({ pValue }) => pValue !== null);
  return formatTable(
    [
      'IMAGE',
      right(score.toUpperCase()),
      ...(hasPValues ? [right('P-VALUE')] : []),
      right(unit.name.toUpperCase()),
      right('±'),
      ...(hasClasses ? ['CLASS', right('PROBABILITY')] : []),
    ],
    images
      .slice(0, LINES)
      .map(({ file, score: value, pValue, bitsPerDim, standardError, classes }) => [
        file,
        formatFixed(value, 2),
        ...(hasPValues ? [pValue === null ? '' : pValue.toFixed(4)] : []),
        formatFixed(unit.of(bitsPerDim), 3),
        standardError === null ? '' : unit.of(standardError).toFixed(3),
        ...(classes ? [classes.class, classes.probability.toFixed(3)] : []),
      ]),
  );
}

/** What the score is, where it fails, and how many images have a small p-value, also by chance. */
function trustText(
  images: readonly FileScore[],
  score: string,
  {
    noPValues,
    odd,
    references,
    unit,
  }: Pick<ScoreText, 'noPValues' | 'odd' | 'unit'> & { readonly references: number },
): string {
  const definition = scores.find(score);
  const { trust } = definition;
  const meaning = scorePhrase(definition).replace('bits/dim', unit.name);
  const scoreLine = `${score}: ${meaning}; higher is odder.${trust ? ` ${trust}` : ''}\n`;
  if (noPValues !== null) {
    return `${scoreLine}No p-values: ${noPValues}\n`;
  }
  if (odd === null) {
    return `${scoreLine}Too few validation images (${references}) to call any image odd at ${100 * ODD} %: the first are the most unusual\n`;
  }
  return (
    `${scoreLine}p-value at most ${ODD}: ${formatCounted(odd, 'image')}; ` +
    `${formatExpected(ODD * images.length)} expected by chance if all come from the same source\n`
  );
}

/** All scores as CSV. */
export function scoreCsv(images: readonly FileScore[], unit: ResultUnit): string {
  const scoreNames = Object.keys(images[0]?.scores ?? {});
  const classes = Object.keys(images[0]?.classes?.probabilities ?? {});
  const titles = [
    'file',
    unit.key('bitsPerDim'),
    'standardError',
    'percentile',
    'oddness',
    ...(classes.length === 0 ? [] : ['class', ...classes.map((name) => csvText(`p(${name})`))]),
    'pValue',
    ...scoreNames,
  ];
  const rows = images.map((image) => [
    csvText(image.file),
    unit.of(image.bitsPerDim),
    image.standardError === null ? '' : unit.of(image.standardError),
    image.percentile,
    image.oddness,
    ...(image.classes ? [csvText(image.classes.class), ...Object.values(image.classes.probabilities)] : []),
    image.pValue ?? '',
    ...scoreNames.map((name) => image.scores[name]!),
  ]);
  return [titles, ...rows].map((row) => `${row.join(',')}\n`).join('');
}

/** One sentence about a set that doesn't differ, two about one that does: how it differs, and what to do. */
export function sourceText(
  { same: isSame, pValue, falseAlarms, shifts }: SourceComparison,
  count: number,
): string {
  const set = `As a set, these ${formatCounted(count, 'image')}`;
  const rate = `${100 * falseAlarms} % false alarms`;
  if (isSame) {
    return `${set} don't differ from the validation images (${rate}).`;
  }
  const p = pValue < 0.001 ? 'p < 0.001' : `p = ${pValue.toFixed(3)}`;
  const how = shifts.map(({ text }) => text).join(', ') || 'no simple difference in the pixels';
  return (
    `${set} differ from the validation images (${p}, ${rate}): ${how}. ` +
    'If you expected no difference, prepare them as the training images were prepared; otherwise use a model trained on such images.'
  );
}
