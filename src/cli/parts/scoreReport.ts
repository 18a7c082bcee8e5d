// What `emerging score` prints: a table of the oddest images, and how far to trust it.
import { ODD } from '../../evaluation/odd/calibrate.ts';
import type { OddPlace } from '../../evaluation/odd/places.ts';
import type { SourceComparison } from '../../evaluation/odd/sameSource.ts';
import type { OddReport, Score } from '../../evaluation/odd/score.ts';
import { type OddScoreName, oddScores } from '../../evaluation/odd/scores/registry.ts';
import { visibleText } from '../../visibleText.ts';
import { formatCount, formatCounted } from '../terminal/format.ts';
import { formatTable } from '../terminal/table.ts';

/** How many images are printed: no more than one would look through. */
const LINES = 20;

/** The score of a file, as stored, by its path from the working directory. */
export interface FileScore extends Omit<Score, 'index'> {
  readonly file: string;
  /** Its oddest places, if maps were made. */
  readonly places?: readonly OddPlace[];
}

/** What is printed. */
interface ScoreText extends Pick<OddReport, 'score'> {
  readonly source: SourceComparison | null;
  readonly images: readonly FileScore[];
  readonly draws: number;
  readonly reference: { readonly data: string; readonly images: number };
  /** What to add about the weights. */
  readonly step: string;
}

/** The table, and what it rests on. */
export function scoreText({ images, score, source, draws, reference, step }: ScoreText): string {
  const more = images.length - LINES;
  const rest = more > 0 ? `and ${formatCount(more)} less odd ones; use --out FILE.csv for all\n` : '';
  const about =
    `${formatCounted(images.length, 'image')} compared with ${formatCounted(reference.images, 'validation image')} of ` +
    `${visibleText(reference.data)}; ${formatCounted(draws, 'draw')}, average weights${step}\n`;
  return `${table(images, score)}\n${rest}${about}${trustText(images, score)}${sourceText(source, images.length)}`;
}

function table(images: readonly FileScore[], score: OddScoreName): string {
  const hasClasses = images[0]?.classes !== undefined;
  return formatTable(
    [
      { title: 'IMAGE' },
      { title: score.toUpperCase(), align: 'right' },
      { title: 'P-VALUE', align: 'right' },
      { title: 'BITS/DIM', align: 'right' },
      { title: '±', align: 'right' },
      ...(hasClasses ? [{ title: 'CLASS' }, { title: 'PROBABILITY', align: 'right' } as const] : []),
    ],
    images
      .slice(0, LINES)
      .map(({ file, score: value, pValue, bitsPerDim, standardError, classes }) => [
        file,
        value.toFixed(2),
        pValue === null ? '' : pValue.toFixed(4),
        bitsPerDim.toFixed(3),
        standardError?.toFixed(3) ?? '',
        ...(classes ? [classes.class, classes.probability.toFixed(3)] : []),
      ]),
  );
}

/** What the score is, how many images it would call odd by chance, and where it fails. */
function trustText(images: readonly FileScore[], score: OddScoreName): string {
  const { text, trust } = oddScores[score];
  const what = `${score}: ${text}; higher is odder. ${trust}\n`;
  if (images[0]?.pValue == null) {
    return what;
  }
  const odd = images.filter(({ pValue }) => pValue! <= ODD).length;
  const expected = ODD * images.length;
  return (
    `${what}p-value at most ${ODD}: ${formatCounted(odd, 'image')}; ` +
    `about ${expected < 10 ? expected.toFixed(1) : formatCount(Math.round(expected))} by chance if all come from the same source\n`
  );
}

function sourceText(source: SourceComparison | null, count: number): string {
  if (source === null) {
    return '';
  }
  const rate = `${100 * source.falseAlarms} % false alarms`;
  if (source.same) {
    return `nothing suggests that these images come from another source than the validation images (${rate})\n`;
  }
  const p = source.pValue < 0.001 ? 'p < 0.001' : `p = ${source.pValue.toFixed(3)}`;
  const how = source.shifts.map(({ text }) => text).join(', ') || 'no simple difference in the pixels';
  return `these ${formatCounted(count, 'image')} differ from the validation images as a set (${p}, ${rate}): ${how}\n`;
}
