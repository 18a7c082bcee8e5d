// The text output of `emerging doctor`.
import {
  type CheckName,
  checkNamed,
  checks,
  layerChecks,
  measureLayers,
} from '../../evaluation/doctor/checks.ts';
import type { Diagnosis } from '../../evaluation/doctor/doctor.ts';
import type { HardImages } from '../../evaluation/doctor/examineHardImages.ts';
import { amountText, numberText, valueText } from '../../evaluation/doctor/judge.ts';
import type { ResultUnit } from '../../models/unit.ts';
import { visibleText } from '../../visibleText.ts';
import { formatCount, formatCounted } from '../terminal/format.ts';
import { formatTable } from '../terminal/table.ts';
import { inCommandWords } from '../terminal/wording.ts';

/** What was checked. */
export interface Examined {
  readonly run: string;
  readonly step: number | undefined;
  readonly weights: string | undefined;
  readonly data: string | undefined;
  readonly split: string;
  /** The unit of the model's results. */
  readonly unit: ResultUnit;
  /** Faults in the model's files. */
  readonly damage: readonly string[];
  /** Whether slow parts were left out. */
  readonly quick: boolean;
  /** The name of an image of the split, for messages. */
  nameOf(index: number): string;
}

/** A diagnosis as text: one line per layer, the images, all checks, and the verdict last. */
export function doctorText(diagnosis: Diagnosis, examined: Examined): string {
  const parts = [
    layerTable(diagnosis),
    imagesText(diagnosis, examined),
    hardImagesTable(diagnosis, examined),
    checkTable(diagnosis),
    '≈ estimated: --exact, --images and emerging evaluate measure more precisely',
    verdict(diagnosis, examined),
  ];
  return parts.join('\n\n');
}

function layerTable({ layers, problems, warnings }: Diagnosis): string {
  const columns = layerChecks.filter(({ title }) => title !== undefined);
  const measurements = measureLayers(layers);
  const valueFor = (layer: string, name: CheckName): string => {
    const measurement = measurements.find((one) => one.layer === layer && one.name === name);
    return measurement ? valueText(measurement) : '–';
  };
  const notesFor = (layer: string, input: string): string[] => [
    ...(problems.some((finding) => finding.layer === layer) ? ['PROBLEM'] : []),
    ...(warnings.some((finding) => finding.layer === layer) ? ['warning'] : []),
    ...(input === 'noise' ? ['on noise'] : []),
  ];
  return formatTable(
    [
      { title: 'layer' },
      ...columns.map(({ title }) => ({ title: title!, align: 'right' as const })),
      { title: '' },
    ],
    layers.map(({ layer, input }) => [
      layer,
      ...columns.map(({ name }) => valueFor(layer, name)),
      notesFor(layer, input).join(', '),
    ]),
  );
}

function imagesText(
  { available, reconstruction, bitsPerDim: { median, worst } }: Diagnosis,
  { unit, nameOf }: Examined,
): string {
  const {
    images,
    exactPixelShare,
    largestError,
    largestErrorInGreyLevels: levels,
    worstImage,
  } = reconstruction;
  const result = (bits: number): string => unit.of(bits).toFixed(3);
  const exact = `${Number((100 * exactPixelShare).toFixed(3))} %`;
  return (
    `on ${formatCount(images)} of ${formatCounted(available, 'image')}\n` +
    `round trip: ${exact} of the ${levels === null ? 'values within 0.001 deviations' : 'pixels exact'}, largest error ` +
    `${numberText(largestError)} (${levels === null ? '' : `${numberText(levels)} grey levels, `}${nameOf(worstImage)})\n` +
    `${unit.name}: median ≈ ${result(median)}, worst ≈ ${result(worst.bitsPerDim)} (${nameOf(worst.index)})`
  );
}

const hardKinds: Readonly<Record<HardImages['kind'], string>> = {
  unchanged: 'unchanged',
  inverted: 'inverted',
  noise: 'with noise',
  chosen: 'changed against the model',
};

function hardImagesTable({ hardImages }: Diagnosis, { quick }: Examined): string {
  if (quick) {
    return 'ln|det| of the layers and hard images: not examined with --quick';
  }
  if (hardImages === null) {
    return 'hard images: not examined, since they are made of 8-bit integers';
  }
  const { images, kinds, smallestChange } = hardImages;
  const table = formatTable(
    [
      { title: 'hard images' },
      { title: 'grey levels', align: 'right' },
      { title: 'lost in float32', align: 'right' },
      { title: 'lost in float64', align: 'right' },
    ],
    kinds.map(({ kind, change, lost: { float32, float64 } }) => [
      hardKinds[kind],
      change === 0 ? '' : `±${change}`,
      `${float32} of ${images}`,
      `${float64} of ${images}`,
    ]),
  );
  const smallest = (change: number | null): string => (change === null ? 'none' : `±${change}`);
  const direction = kinds.some(({ kind }) => kind === 'chosen')
    ? ''
    : '; none changed against the model: ln|det| is the same for every image';
  return (
    `${table}\nsmallest change found that loses an image: ${smallest(smallestChange.float32)} in float32, ` +
    `${smallest(smallestChange.float64)} in float64${direction}`
  );
}

/** Every check that applies to the model, with its limits and its worst value. */
function checkTable({ worst }: Diagnosis): string {
  return formatTable(
    [
      { title: 'measured' },
      { title: 'warning', align: 'right' },
      { title: 'limit', align: 'right' },
      { title: 'worst', align: 'right' },
      { title: 'where' },
    ],
    checks.flatMap((check) => {
      const measurement = worst.find(({ name }) => name === check.name);
      const sign = check.worse === 'larger' ? '>' : '<';
      const limitText = (limit: number | undefined): string =>
        limit === undefined ? '' : `${sign} ${amountText(limit, check)}`;
      return measurement === undefined
        ? []
        : [
            [
              check.what,
              limitText(check.warning),
              limitText(check.problem),
              valueText(measurement),
              measurement.value === 0 ? '' : measurement.layer,
            ],
          ];
    }),
  );
}

function verdict(
  { problems, warnings, worstLayer }: Diagnosis,
  { run, step, weights, data, split, damage }: Examined,
): string {
  const count = problems.length + damage.length;
  const nearest =
    worstLayer && `${worstLayer.layer}, ${checkNamed(worstLayer.name).what} ${valueText(worstLayer)}`;
  const counted = [
    ...(count > 0 ? [formatCounted(count, 'problem')] : []),
    formatCounted(warnings.length, 'warning'),
  ];
  const model = [
    `${run}${step === undefined ? '' : ` at step ${formatCount(step)}`}`,
    ...(weights === undefined ? [] : [`${weights} weights`]),
    `${split} images of ${data}`,
  ];
  const failed = new Set([...problems, ...warnings].map(({ name }) => name));
  return [
    ...[...damage, ...problems.map(({ text }) => text)].map((text) => `problem  ${text}`),
    ...warnings.map(({ text }) => `warning  ${text}`),
    ...[...failed].map((name) => {
      const { what, advice } = checkNamed(name);
      return `what to do about ${what}: ${typeof advice === 'string' ? advice : inCommandWords(advice)}`;
    }),
    `${count === 0 ? 'sound' : 'NOT SOUND'}: ${counted.join(', ')} (${model.join(', ')})`,
    `${count === 0 ? 'closest to a limit' : 'worst layer'}: ${nearest}`,
  ]
    .map(visibleText)
    .join('\n');
}
