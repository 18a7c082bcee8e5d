// The text output of `emerging doctor`.
import type { Diagnosis } from '../../evaluation/doctor/doctor.ts';
import type { HardImages } from '../../evaluation/doctor/examineHardImages.ts';
import { COMPRESSION_QUALITY } from '../../evaluation/doctor/hardImages.ts';
import type { Finding, Measurement } from '../../evaluation/doctor/judge.ts';
import { limitOf, limits } from '../../evaluation/doctor/limits.ts';
import type { ResultUnit } from '../../models/unit.ts';
import { visibleText } from '../../visibleText.ts';
import { formatCount } from '../terminal/format.ts';
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
  /** The files that fail their checks, and why. */
  readonly damage: readonly string[];
  /** Whether slow parts were left out. */
  readonly quick: boolean;
  /** The name of an image of the split, for messages. */
  nameOf(index: number): string;
}

/** A diagnosis as text: one line per layer, the model as a whole, the limits, and the verdict last. */
export function doctorText(diagnosis: Diagnosis, examined: Examined): string {
  const parts = [
    layerTable(diagnosis),
    wholeModel(diagnosis, examined),
    hardImagesTable(diagnosis, examined),
    limitTable(diagnosis),
    estimates(diagnosis, examined.unit),
    verdict(diagnosis, examined),
  ];
  return parts.join('\n\n');
}

function layerTable({ layers, problems, warnings }: Diagnosis): string {
  const noteOf = (layer: string, input: string) =>
    [
      problems.some((finding) => finding.layer === layer) ? 'PROBLEM' : '',
      warnings.some((finding) => finding.layer === layer) ? 'warning' : '',
      input === 'noise' ? 'on noise' : '',
    ]
      .filter((note) => note !== '')
      .join(', ');
  return formatTable(
    [
      { title: 'layer' },
      { title: 'round trip', align: 'right' },
      { title: 'ln|det| error', align: 'right' },
      { title: 'method' },
      { title: 'rounding', align: 'right' },
      { title: '|diagonal|', align: 'right' },
      { title: 'condition', align: 'right' },
      { title: '' },
    ],
    layers.map((layer) => [
      layer.layer,
      short(layer.roundTripError),
      `${about(layer.logDetEstimated)}${short(layer.logDetError)}`,
      layer.logDetUncertainty ? `± ${short(layer.logDetUncertainty)}` : (layer.logDetMethod ?? ''),
      short(layer.logDetRounding),
      short(layer.smallestDiagonal),
      short(layer.conditionNumber),
      noteOf(layer.layer, layer.input),
    ]),
  );
}

function wholeModel(
  { available, noise, reconstruction, latents, samples, bitsPerDim }: Diagnosis,
  { unit, nameOf }: Examined,
): string {
  const result = (bits: number): string => `${about(unit.name === 'bits/dim')}${unit.of(bits).toFixed(3)}`;
  const { images, exactPixelShare, largestError, largestErrorInGreyLevels, worstImage } = reconstruction;
  const moments = latents.map(
    ({ layer, mean, variance, estimated }) =>
      `${layer} mean ${about(estimated)}${mean.toFixed(3)}, variance ${about(estimated)}${variance.toFixed(3)}`,
  );
  const count =
    images < available ? `${formatCount(images)} of ${formatCount(available)}` : formatCount(images);
  return formatTable(
    [{ title: 'model' }, { title: `on ${count} images` }],
    [
      ...(noise
        ? [
            [
              'noise',
              `u from ${short(noise.smallest)} to ${digits(noise.largest)}, ${percent(noise.outsideShare)} of it outside its pixel; ` +
                `density right to ${short(noise.densityError)} nats/dimension`,
            ],
          ]
        : []),
      [
        'round trip',
        largestErrorInGreyLevels === null
          ? `${percent(exactPixelShare)} of the values within 0.001 deviations, largest error ${short(largestError)} (${nameOf(worstImage)})`
          : `${percent(exactPixelShare)} of the pixels exact, largest error ${short(largestError)} ` +
            `(${short(largestErrorInGreyLevels)} grey levels, ${nameOf(worstImage)})`,
      ],
      ...moments.map((text, index) => [index === 0 ? 'latents' : '', text]),
      [
        unit.name,
        `median ${result(bitsPerDim.median)}, worst ${result(bitsPerDim.worst.bitsPerDim)} (${nameOf(bitsPerDim.worst.index)})`,
      ],
      [
        'samples',
        `${Math.round(samples.explodedShare * samples.count)} of ${samples.count}, ≈ ${percent(samples.explodedShare)}, far out of range`,
      ],
    ],
  );
}

const hardKinds: Readonly<Record<HardImages['kind'], string>> = {
  unchanged: 'unchanged',
  inverted: 'inverted',
  compressed: `compressed as JPEG, quality ${COMPRESSION_QUALITY}`,
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

/** What the sign ≈ means, and how to get the exact numbers. */
function estimates({ layers, reconstruction: { images }, available }: Diagnosis, unit: ResultUnit): string {
  const parts = [
    ...(layers.some(({ logDetEstimated }) => logDetEstimated)
      ? ['ln|det| error along random directions (--exact computes the whole Jacobian)']
      : []),
    ...(images < available
      ? [`latents of ${formatCount(images)} images (--images ${available} uses all)`]
      : []),
    ...(unit.name === 'bits/dim'
      ? ['bits/dim with one draw of noise (emerging evaluate takes more, and states the error)']
      : []),
    'the share of samples',
  ];
  return `≈ estimated: ${parts.join('; ')}`;
}

function limitTable({ worst }: Diagnosis): string {
  return formatTable(
    [
      { title: 'measured' },
      { title: 'warning', align: 'right' },
      { title: 'limit', align: 'right' },
      { title: 'worst', align: 'right' },
      { title: 'where' },
    ],
    limits.flatMap(({ name, what, worse, ...limit }) => {
      const found = worst.find((measurement) => measurement.name === name);
      const sign = worse === 'larger' ? '>' : '<';
      // The others do not apply to this model.
      return found === undefined
        ? []
        : [
            [
              what,
              limit.warning === undefined ? '' : `${sign} ${short(limit.warning)}`,
              limit.problem === undefined ? '' : `${sign} ${short(limit.problem)}`,
              measured(found),
              found.value === 0 ? '' : found.layer,
            ],
          ];
    }),
  );
}

function verdict(diagnosis: Diagnosis, { run, step, weights, data, split, damage }: Examined): string {
  const { problems, warnings, worstLayer } = diagnosis;
  const count = problems.length + damage.length;
  const nearest =
    worstLayer && `${worstLayer.layer}, ${limitOf(worstLayer.name).what} ${measured(worstLayer)}`;
  const counted = [count > 0 ? plural(count, 'problem') : '', plural(warnings.length, 'warning')];
  return [
    ...damage.map((what) => `problem  ${what}`),
    ...problems.map((finding) => `problem  ${sentence(finding)}`),
    ...warnings.map((finding) => `warning  ${sentence(finding)}`),
    ...advice([...problems, ...warnings]),
    `${count === 0 ? 'sound' : 'NOT SOUND'}: ${counted.filter((text) => text !== '').join(', ')} ` +
      `(${[
        `${run}${step === undefined ? '' : ` at step ${formatCount(step)}`}`,
        ...(weights === undefined ? [] : [`${weights} weights`]),
        `${split} images of ${data}`,
      ].join(', ')})`,
    `${count === 0 ? 'closest to a limit' : 'worst layer'}: ${nearest}`,
  ]
    .map(visibleText)
    .join('\n');
}

function sentence({ layer, what, value, limit, estimated = false }: Finding): string {
  return `${layer}: ${what}: ${about(estimated)}${short(value)}, limit ${short(limit)}`;
}

/** Advice for each kind of finding, once. */
function advice(findings: readonly Finding[]): string[] {
  return [...new Set(findings.map(({ name }) => name))].map((name) => {
    const { what, advice: text } = limitOf(name);
    return `what to do about ${what}: ${typeof text === 'string' ? text : inCommandWords(text)}`;
  });
}

function measured({ value, uncertainty = 0, estimated = false }: Measurement): string {
  const text = uncertainty > 0 ? `${short(value)} ± ${short(uncertainty)}` : short(value);
  return `${about(estimated)}${text}`;
}

/** The sign of an estimate. */
function about(estimated: boolean | null): string {
  return estimated ? '≈ ' : '';
}

/** A number in as few characters as possible; a dash for none. */
function short(value: number | null): string {
  if (value === null) {
    return '–';
  }
  if (value === 0 || !Number.isFinite(value)) {
    return String(value);
  }
  const size = Math.abs(value);
  return size >= 1e-2 && size < 1e4 ? String(Number(value.toPrecision(2))) : value.toExponential(0);
}

/** A number near 1 with the digits that tell it from 1. */
function digits(value: number): string {
  return String(Number(value.toPrecision(7)));
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(3))} %`;
}

function plural(count: number, noun: string): string {
  return `${count === 0 ? 'no' : count} ${noun}${count === 1 ? '' : 's'}`;
}
