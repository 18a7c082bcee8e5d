// Posteriors as `emerging infer` reports them: a table, CSV, how well they are calibrated, and which ranges cut them off.
import type { ConditionValues } from '../../data/contract/dataset.ts';
import { type ComponentPosterior, probabilityBelow, quantile } from '../../evaluation/infer/gridPosterior.ts';
import { uniformity } from '../../evaluation/odd/kolmogorovSmirnov.ts';
import { visibleText } from '../../visibleText.ts';
import { formatCounted } from '../terminal/format.ts';
import { noteOnStderr } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';
import { csvText } from './csvText.ts';

/** Fewer images say little about how well a model is calibrated. */
const LEAST_CALIBRATION = 20;

/** A posterior of more than this share of its largest density at an end of the range is cut off there. */
const CUT_OFF = 0.1;

/** The posterior probabilities below the numbers of a result. */
const LEVELS = [0.05, 0.5, 0.95] as const;

/** Notes on stderr which posteriors don't fall off inside their range. */
export function noteCutOff(posteriors: readonly (readonly ComponentPosterior[])[]): void {
  const [first = []] = posteriors;
  first.forEach(({ name }, component) => {
    const count = posteriors.filter((all) => isCutOff(all[component]!)).length;
    if (count > 0) {
      const which =
        posteriors.length === 1 ? '' : ` of ${count} of ${formatCounted(posteriors.length, 'image')}`;
      noteOnStderr(
        `the posterior of ${visibleText(name)}${which} is cut off by its range, and depends on it: choose it with --range`,
      );
    }
  });
}

/** Whether a posterior is still large at an end of its range. */
function isCutOff({ range: [low, high], bounds, probabilities }: ComponentPosterior): boolean {
  const enough = CUT_OFF * Math.max(...probabilities);
  return (
    (bounds[0]! <= low && probabilities[0]! > enough) ||
    (bounds.at(-1)! >= high && probabilities.at(-1)! > enough)
  );
}

/** The posterior of a number in a few numbers. */
export interface Summary extends Pick<ComponentPosterior, 'name' | 'range' | 'mean' | 'deviation'> {
  readonly quantiles: Readonly<Record<string, number>>;
  /** The true number. */
  readonly truth?: number;
  /** The posterior probability of smaller numbers. */
  readonly below?: number;
}

/** An image and what is inferred from it. */
export interface Inferred {
  readonly file: string;
  readonly posterior: readonly Summary[];
}

/** A posterior in a few numbers, and where the truth is in it, if it is known. */
export function summaryOf(
  found: ComponentPosterior,
  truths: ConditionValues | undefined,
  image: number,
): Summary {
  const { name, range, mean, deviation } = found;
  const quantiles = Object.fromEntries(LEVELS.map((level) => [String(level), quantile(found, level)]));
  const summary = { name, range, mean, deviation, quantiles };
  if (truths === undefined) {
    return summary;
  }
  const value = new Float64Array(1);
  truths.read([image], value);
  const [truth] = value as unknown as [number];
  return { ...summary, truth, below: probabilityBelow(found, truth) };
}

/** Whether the posterior probabilities of smaller numbers than the true ones are uniform. */
export function calibrationText(images: readonly Inferred[]): string {
  if (images.length < LEAST_CALIBRATION || !hasTruth(images)) {
    return '';
  }
  const [{ posterior }] = images as [Inferred];
  const tests = posterior.map(({ name }, index) => {
    const p = uniformity(images.map((image) => image.posterior[index]!.below!));
    return `${visibleText(name)} p ${p < 0.001 ? '< 0.001' : p.toPrecision(2)}`;
  });
  return `BELOW is uniform if the model is right (Kolmogorov-Smirnov): ${tests.join(', ')}\n`;
}

/** The numbers of a row, in the order of the columns. */
function numbersOf({ mean, deviation, quantiles, truth, below }: Summary): number[] {
  return [mean, deviation, ...Object.values(quantiles), ...(truth === undefined ? [] : [truth, below!])];
}

function hasTruth([first]: readonly Inferred[]): boolean {
  return first?.posterior[0]?.truth !== undefined;
}

/** The results as a table. */
export function tableOf(images: readonly Inferred[]): string {
  const rows = images.flatMap(({ file, posterior }) =>
    posterior.map((summary) => [file, summary.name, ...numbersOf(summary).map(short)]),
  );
  const right = [
    'MEAN',
    '±',
    ...LEVELS.map((level) => `${100 * level} %`),
    ...(hasTruth(images) ? ['TRUE', 'BELOW'] : []),
  ];
  const columns = [
    { title: 'IMAGE' },
    { title: 'CONDITION' },
    ...right.map((title) => ({ title, align: 'right' as const })),
  ];
  return formatTable(columns, rows);
}

/** The results as CSV. */
export function csvOf(images: readonly Inferred[]): string {
  const lines = images.flatMap(({ file, posterior }) =>
    posterior.map((summary) => [csvText(file), csvText(summary.name), ...numbersOf(summary)].join(',')),
  );
  const levels = LEVELS.map((level) => `q${level}`);
  const truth = hasTruth(images) ? ['true', 'below'] : [];
  const header = ['file', 'condition', 'mean', 'deviation', ...levels, ...truth].join(',');
  return [header, ...lines, ''].join('\n');
}

/** A number with four digits. */
export function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
