// The report of a study: Markdown for people, JSON with everything, CSV of the tables, plots.
import { mean, type SeedMean } from '../../core/numeric/index.ts';
import { ClosedFolder } from '../../data/files/index.node.ts';
import { stringifyJson } from '../../data/files/index.ts';
import { plotPng } from '../../data/pictures/drawPlot.ts';
import type { Plot } from '../../data/pictures/index.ts';
import { markdownTable, markdownText } from '../../model/card/reportText.ts';
import { type DatasetResult, type Difference, listDifferences, type VariantResult } from './compare.ts';
import type { StudyDefinition } from './definition.ts';

/** The results of a study, as in its `report.json`. Values are in `unit`; lower is better. */
export interface StudyReport {
  /** The heading. */
  readonly title: string;
  /** Of all results: nats/value for models of real numbers. */
  readonly unit: 'bits/dim' | 'nats/value';
  /** The definition of the study. */
  readonly study: StudyDefinition;
  /** The seeds used to search learning rates; empty if they weren't searched. */
  readonly searchSeeds: readonly number[];
  /** Caveats that a reader must know. */
  readonly warnings: readonly string[];
  /** In the order of the definition. */
  readonly datasets: readonly DatasetResult[];
}

/** The level of the tests. */
const LEVEL = 0.05;

/** Writes the report to a folder; the Markdown last, which refers to the others. */
export async function writeReport(folder: string, report: StudyReport): Promise<StudyReport> {
  const files = new ClosedFolder(folder);
  files.write('report.json', `${stringifyJson(report, 1)}\n`);
  files.write('report.csv', reportCsv(report));
  for (const dataset of report.datasets) {
    for (const [name, plot] of Object.entries(plotsOn(dataset, report.unit))) {
      files.write(name, await plotPng(plot));
    }
  }
  files.write('report.md', reportMarkdown(report));
  return report;
}

/** The report as Markdown. */
export function reportMarkdown(report: StudyReport): string {
  const { title, unit, study, warnings, datasets } = report;
  const tests = listDifferences(datasets).filter(({ p }) => p !== null).length;
  const baseline = markdownText(datasets[0]!.variants[0]!.variant);
  const seeds = study.seeds.length === 1 ? 'one seed' : `${study.seeds.length} seeds`;
  return [
    `# ${markdownText(title)}`,
    `Differences are to ${baseline}, in ${unit}, paired by seed and image, over ${seeds}; negative is better. ` +
      "± is half of Student's 95 % interval over seeds. " +
      (tests === 0
        ? 'Nothing was tested.'
        : `Stars mark differences that are significant at ${100 * LEVEL} % after Holm's correction for all ${tests} differences of this report; p values are corrected too.`),
    '## Warnings',
    warnings.length === 0 ? 'None.' : warnings.map((text) => `- ${markdownText(text)}`).join('\n'),
    ...datasets.flatMap((dataset) => datasetSections(dataset, report)),
    '## What the numbers allow',
    'An interval covers other seeds, not other images, datasets, sizes of models or longer trainings. ' +
      'Differences that are not significant may still be real: more seeds narrow the intervals. ' +
      (report.searchSeeds.length === 0
        ? ''
        : 'Learning rates were searched in short trainings, which favour high rates; no interval includes this. ') +
      'Times were measured on one machine. Neither tables nor intervals show whether a difference matters.',
    '',
  ].join('\n\n');
}

function datasetSections(result: DatasetResult, { unit, searchSeeds }: StudyReport): string[] {
  const { dataset, split, images, steps, searchSteps, equalSeconds, variants } = result;
  const names = variants.map(({ variant }) => markdownText(variant));
  const plots = Object.keys(plotsOn(result, unit));
  const table = (titles: readonly string[], cells: (variant: VariantResult) => readonly string[]): string =>
    markdownTable(
      ['variant', ...titles],
      variants.map((variant, index) => [names[index]!, ...cells(variant)]),
    );
  const compared = (label: string, value: keyof VariantResult, difference: keyof VariantResult): string =>
    table([label, 'difference', 'p'], (variant) => {
      const to = variant[difference] as Difference | null;
      return [
        withInterval(variant[value] as SeedMean | null),
        to === null ? '' : `${withInterval(to, true)}${isSignificant(to) ? ' \\*' : ''}`,
        to?.pHolm == null ? '' : showP(to.pHolm),
      ];
    });
  const first = variants[0]!;
  return [
    `## ${markdownText(dataset)}`,
    `${steps} steps, ${images} ${split} images. ${conclusion(result)}`,
    '### At equal steps',
    compared(`${split} ${unit}`, 'equalSteps', 'differenceAtEqualSteps'),
    '### At equal time',
    equalSeconds === null
      ? 'Steps were not timed.'
      : `On validation images, when the fastest variant has done its ${steps} steps, after ${show(equalSeconds)} s of training steps. ` +
        'Between validations, curves are interpolated in the logarithm of the time.',
    ...(equalSeconds === null ? [] : [compared(`validation ${unit}`, 'equalTime', 'differenceAtEqualTime')]),
    '### Over training',
    plots
      .map((name) => `![${name.replace(/-.*/, '')} on ${markdownText(dataset)}](${encodeURI(name)})`)
      .join('\n'),
    '### Size, speed and learning rate',
    table(
      ['parameters', 's per step', `relative to ${names[0]}`, 'ms per sample', 'learning rate'],
      (variant) => {
        const { parameters, secondsPerStep, sampling, learningRate } = variant;
        return [
          parameters.toLocaleString('en-US'),
          secondsPerStep === null ? '' : show(secondsPerStep),
          secondsPerStep === null || first.secondsPerStep === null
            ? ''
            : (secondsPerStep / first.secondsPerStep).toFixed(2),
          sampling === null ? '' : 'problem' in sampling ? 'not measured' : show(sampling.milliseconds),
          learningRate === null ? 'none' : String(learningRate),
        ];
      },
    ),
    ...(searchSeeds.length === 0
      ? []
      : [
          `Learning rates tried for ${searchSteps} steps with the seeds ${searchSeeds.join(', ')}, and the mean ${unit} on validation images:`,
          variants.map(({ tried }, index) => `- ${names[index]}: ${triedText(tried)}`).join('\n'),
        ]),
  ];
}

function triedText(tried: VariantResult['tried']): string {
  const ascending = tried.toSorted((a, b) => a.rate - b.rate);
  return ascending
    .map(({ rate, values }) =>
      values.includes(null) ? `${rate} (diverged)` : `${rate} (${mean(values as number[]).toFixed(4)})`,
    )
    .join(', ');
}

/** Which variants differ from the baseline at equal steps, and which don't, in words. */
function conclusion({ variants }: DatasetResult): string {
  const [baseline, ...others] = variants as [VariantResult, ...VariantResult[]];
  const name = markdownText(baseline.variant);
  const pick = (holds: (difference: Difference) => boolean): string =>
    others
      .filter(({ differenceAtEqualSteps: to }) => to !== null && to.p !== null && holds(to))
      .map(({ variant }) => markdownText(variant))
      .join(', ');
  const better = pick((to) => isSignificant(to) && to.mean < 0);
  const worse = pick((to) => isSignificant(to) && to.mean > 0);
  const open = pick((to) => !isSignificant(to));
  const sentences = [
    ...(better === '' ? [] : [`Significantly better than ${name} at equal steps: ${better}.`]),
    ...(worse === '' ? [] : [`Significantly worse: ${worse}.`]),
    ...(open === '' ? [] : [`No significant difference to ${name}: ${open}.`]),
  ];
  return sentences.length === 0 ? 'No difference could be tested.' : sentences.join(' ');
}

function isSignificant({ pHolm }: Difference): boolean {
  return pHolm !== null && pHolm <= LEVEL;
}

/** `3.1234 ± 0.0100`; without seeds nothing, with one no interval. */
function withInterval(value: SeedMean | null, signed = false): string {
  if (value === null) {
    return '';
  }
  const { mean, seedInterval } = value;
  const sign = mean < 0 ? '−' : signed ? '+' : '';
  const interval = seedInterval === null ? ' (one seed)' : ` ± ${seedInterval.toFixed(4)}`;
  return `${sign}${Math.abs(mean).toFixed(4)}${interval}`;
}

function showP(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

/** Three significant digits, without an exponent. */
function show(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** The plots of a dataset by file name: what has no point is left out. */
function plotsOn({ dataset, steps, variants }: DatasetResult, unit: string): Record<string, Plot> {
  const title = dataset;
  const [first] = variants as [VariantResult];
  const difference: Plot = {
    title: `${title}: difference to ${first.variant}`,
    subtitle: 'validation images; bars are 95 % intervals over seeds',
    x: { label: 'step', range: [0, steps] },
    y: { label: 'difference', unit },
    series: variants.slice(1).map(({ variant, differenceCurve }, hue) => ({
      name: variant,
      kind: 'line and points',
      hue: hue + 1,
      points: differenceCurve.map(({ step, mean, seedInterval }) => ({
        x: step,
        y: mean,
        ...(seedInterval !== null && { error: seedInterval }),
      })),
    })),
  };
  const time: Plot = {
    title: `${title}: over training time`,
    subtitle: 'validation images; means over seeds',
    x: { label: 'time of training steps', unit: 's', log: true },
    y: { label: 'mean', unit },
    series: variants.map(({ variant, seeds, secondsPerStep }, hue) => {
      const curves = seeds.filter(({ curve }) => curve.length > 0).map(({ curve }) => curve);
      const points = secondsPerStep === null ? [] : (curves[0] ?? []);
      return {
        name: variant,
        kind: 'line and points',
        hue,
        points: points.map(({ step }, index) => ({
          x: step * secondsPerStep!,
          y: mean(curves.map((curve) => curve[index]!.value)),
        })),
      };
    }),
  };
  const drawable = Object.entries({ difference, time }).filter(([, { series }]) =>
    series.some(({ points }) => points.some(({ y }) => Number.isFinite(y))),
  );
  return Object.fromEntries(drawable.map(([name, plot]) => [`${name}-${dataset}.png`, plot]));
}

const columns =
  'dataset,variant,comparison,split,seeds,mean,interval,difference,differenceInterval,differenceImageError,p,pHolm,' +
  'parameters,learningRate,secondsPerStep,sampleMilliseconds';

/** A row for each variant at equal steps, and one at equal time. */
function reportCsv({ datasets }: StudyReport): string {
  const rows = datasets.flatMap(({ dataset, split, variants }) =>
    variants.flatMap((variant) => {
      const { parameters, learningRate, secondsPerStep, sampling } = variant;
      const samples = sampling !== null && 'milliseconds' in sampling ? sampling.milliseconds : null;
      const row = (name: string, images: string, value: SeedMean | null, to: Difference | null) => [
        ...[dataset, variant.variant, name, images],
        ...[value?.seeds, value?.mean, value?.seedInterval, to?.mean, to?.seedInterval, to?.imageError],
        ...[to?.p, to?.pHolm, parameters, learningRate, secondsPerStep, samples],
      ];
      return [
        row('equal steps', split, variant.equalSteps, variant.differenceAtEqualSteps),
        row('equal time', 'validation', variant.equalTime, variant.differenceAtEqualTime),
      ];
    }),
  );
  // Names of datasets and variants are letters, digits and - . _ =.
  const lines = rows.map((row) => row.map((cell) => cell ?? '').join(','));
  return `${[columns, ...lines].join('\n')}\n`;
}
