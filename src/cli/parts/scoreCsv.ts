// The scores of images as CSV, one line per image with every score.
import type { ResultUnit } from '../../models/unit.ts';
import { csvText } from './csvText.ts';
import type { FileScore } from './scoreReport.ts';

/** All scores as CSV. */
export function scoreCsv(images: readonly FileScore[], unit: ResultUnit): string {
  const scores = Object.keys(images[0]?.scores ?? {}) as (keyof FileScore['scores'])[];
  const classes = Object.keys(images[0]?.classes?.probabilities ?? {});
  const titles = [
    'file',
    unit.key('bitsPerDim'),
    'standardError',
    'percentile',
    'oddness',
    ...(classes.length === 0 ? [] : ['class', ...classes.map((name) => csvText(`p(${name})`))]),
    'pValue',
    ...scores,
  ];
  const rows = images.map((image) => [
    csvText(image.file),
    unit.of(image.bitsPerDim),
    image.standardError === null ? '' : unit.of(image.standardError),
    image.percentile,
    image.oddness,
    ...(image.classes ? [csvText(image.classes.class), ...Object.values(image.classes.probabilities)] : []),
    image.pValue ?? '',
    ...scores.map((name) => image.scores[name]!),
  ]);
  return [titles, ...rows].map((row) => `${row.join(',')}\n`).join('');
}
