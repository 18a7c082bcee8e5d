// `emerging doctor`: checks a trained model, layer by layer and as a whole.
import type { Command } from 'commander';
import { UserError, visibleText } from '../../../core/errors.ts';
import { imageOfSet, imageText, type Split } from '../../../data/contract/index.ts';
import { type ResultUnit, resultUnit } from '../../../flows/models/index.ts';
import { isRun, loadTrained } from '../../../model/loading/index.node.ts';
import type { WeightsKind } from '../../../runs/contents/index.ts';
import {
  amountText,
  type CheckName,
  checkNamed,
  checks,
  type Diagnosis,
  DOCTOR_IMAGES,
  diagnose,
  examinationBytes,
  type HardImages,
  layerChecks,
  measureLayers,
  numberText,
  valueText,
} from '../../../uses/doctor/index.ts';
import { examineFiles } from '../../../uses/export/index.ts';
import {
  addDataOption,
  addModelOptions,
  addSplitOption,
  MODEL,
  type ModelOptions,
  modelFolder,
  noteMemory,
} from '../parts/modelOptions.ts';
import { addWeightsOption, compileOptions, wholeNumber } from '../parts/options.ts';
import { openImages } from '../parts/runImages.ts';
import { formatCount, formatCounted } from '../terminal/format.ts';
import { untilInterrupted } from '../terminal/interruption.ts';
import { writeStdout } from '../terminal/output.ts';
import { withProgress } from '../terminal/progress.ts';
import { formatTable, right } from '../terminal/table.ts';
import { inCommandWords } from '../terminal/wording.ts';

interface DoctorCommandOptions extends ModelOptions {
  images?: number;
  exact?: boolean;
  quick?: boolean;
  split: Split;
  data?: string;
  weights?: WeightsKind;
  json?: true;
}

/** How many images `--quick` uses by default. */
const QUICK_IMAGES = 8;

/** Adds the arguments and options of `doctor`, and what it does. */
export function registerDoctor(command: Command): void {
  command
    .argument('<run>', MODEL, modelFolder)
    .option('--images <n>', `how many images to use (default: ${DOCTOR_IMAGES})`, wholeNumber(1))
    .option(
      '--exact',
      'check ln|det| against the whole Jacobian at any image size, instead of an estimate; slow',
    )
    .option(
      '--quick',
      'leave out what takes longest: the numerical ln|det| of the layers, and hard images; 8 images unless --images is given',
    )
    .option('--json', 'print the result as JSON on stdout');
  addModelOptions(addWeightsOption(addDataOption(addSplitOption(command, 'validation')), { orExport: true }))
    .addHelpText(
      'after',
      '\nExample:\n  emerging doctor runs/quickstart --images 16\n  emerging doctor mnist-small --data mnist --quick\n' +
        '\nThe exit code is 1 if there are problems; warnings do not count. Ctrl-C prints what is done, with exit code 130.\n' +
        'docs/doctor.md explains what is measured.',
    )
    .action((run: string, options: DoctorCommandOptions) => runDoctor(run, options));
}

async function runDoctor(directory: string, options: DoctorCommandOptions): Promise<void> {
  const { split, weights, step, quick = false } = options;
  if (quick && options.exact) {
    throw new UserError('invalid-argument', '--quick leaves out what --exact measures: use one of them');
  }
  const engine = await compileOptions(options);
  const trained = await loadTrained(directory, { weights, step, acceptDamage: true });
  const run = isRun(trained) ? trained : undefined;
  const data = options.data ?? run?.config.data.name;
  const images = await openImages(trained, directory, { split, chosen: true, data: options.data });
  const count = Math.min(options.images ?? (quick ? QUICK_IMAGES : DOCTOR_IMAGES), images.count);
  noteMemory(`examining ${formatCounted(count, 'image')}`, examinationBytes(trained, count));
  let layerCount = 0;
  let partial: Diagnosis | undefined;
  const complete = await withProgress((show, note) =>
    untilInterrupted(
      () => note('stopping: printing what is done; press Ctrl-C again to stop at once'),
      (signal) =>
        diagnose(trained, images, {
          images: count,
          exact: options.exact,
          quick,
          signal,
          onProgress: (done, layers) => {
            layerCount = layers;
            show('examining layers', done, layers);
          },
          onHardImages: (done, kinds) => show('trying hard images', done, kinds),
          onPart: (finished) => {
            partial = finished;
          },
          ...engine,
        }),
    ),
  );
  const diagnosis = complete ?? partial;
  if (!diagnosis) {
    return;
  }
  const plannedLayers = complete ? undefined : layerCount;
  const wrongFiles = run ? [run.damage].filter((text) => text !== null) : await examineFiles(directory);
  const layer = run ? 'checkpoint' : 'export';
  const damage = wrongFiles.map((damageText) => ({
    layer,
    what: damageText,
    value: 'wrong checksum',
    text: damageText,
  }));
  const report = {
    ...diagnosis,
    ok: diagnosis.ok && damage.length === 0,
    problems: [...damage, ...diagnosis.problems],
  };
  const unit = resultUnit(trained.model.options);
  const about = { run: directory, step: trained.step, weights: trained.weights, data, split };
  writeStdout(
    `${options.json ? JSON.stringify({ ...about, ...(complete ? {} : { stopped: true }), ...unit.record(report) }, finiteOrName) : doctorText(diagnosis, { ...about, unit, damage: wrongFiles, quick, plannedLayers, nameAt: (index) => visibleText(imageText(imageOfSet(images, index))) })}\n`,
  );
  if (complete) {
    process.exitCode = report.ok ? 0 : 1;
  }
}

/** A non-finite number by name, since JSON cannot represent it. */
function finiteOrName(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** What was checked. */
interface Examined {
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
  /** How many layers the model has, if Ctrl-C stopped the examination. */
  readonly plannedLayers: number | undefined;
  /** The name of an image of the split, for messages. */
  nameAt(index: number): string;
}

/** A diagnosis as text: one line per layer, the images, all checks, and the verdict last. */
function doctorText(diagnosis: Diagnosis, examined: Examined): string {
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
    const measurement = measurements.find(
      (candidate) => candidate.layer === layer && candidate.name === name,
    );
    return measurement ? valueText(measurement) : '–';
  };
  const notesFor = (layer: string, input: string): string[] => [
    ...(problems.some((finding) => finding.layer === layer) ? ['PROBLEM'] : []),
    ...(warnings.some((finding) => finding.layer === layer) ? ['warning'] : []),
    ...(input === 'noise' ? ['on noise'] : []),
  ];
  return formatTable(
    ['layer', ...columns.map(({ title }) => right(title!)), ''],
    layers.map(({ layer, input }) => [
      layer,
      ...columns.map(({ name }) => valueFor(layer, name)),
      notesFor(layer, input).join(', '),
    ]),
  );
}

function imagesText(
  { available, reconstruction, bitsPerDim: { median, worst } }: Diagnosis,
  { unit, nameAt }: Examined,
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
    `${numberText(largestError)} (${levels === null ? '' : `${numberText(levels)} grey levels, `}${nameAt(worstImage)})\n` +
    `${unit.name}: median ≈ ${result(median)}, worst ≈ ${result(worst.bitsPerDim)} (${nameAt(worst.index)})`
  );
}

const hardKinds: Readonly<Record<HardImages['kind'], string>> = {
  unchanged: 'unchanged',
  inverted: 'inverted',
  noise: 'with noise',
  chosen: 'changed against the model',
};

function hardImagesTable({ layers, hardImages }: Diagnosis, { quick, plannedLayers }: Examined): string {
  if (plannedLayers !== undefined) {
    const left = layers.length < plannedLayers ? 'the other layers and hard images' : 'hard images';
    const alsoLeft = quick ? ', nor, with --quick, ln|det| of any layer' : '';
    return `stopped after ${layers.length} of ${formatCounted(plannedLayers, 'layer')}: ${left} were not examined${alsoLeft}`;
  }
  if (quick) {
    return 'ln|det| of the layers and hard images: not examined with --quick';
  }
  if (hardImages === null) {
    return 'hard images: not examined, since they are made of 8-bit integers';
  }
  const { images, kinds, smallestChange } = hardImages;
  const table = formatTable(
    ['hard images', right('grey levels'), right('lost in float32'), right('lost in float64')],
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
    ['measured', right('warning'), right('limit'), right('worst'), 'where'],
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
  { run, step, weights, data, split, damage, plannedLayers }: Examined,
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
    `${count === 0 ? `sound${plannedLayers === undefined ? '' : ' so far'}` : 'NOT SOUND'}: ${counted.join(', ')} (${model.join(', ')})`,
    ...(nearest === null ? [] : [`${count === 0 ? 'closest to a limit' : 'worst layer'}: ${nearest}`]),
  ]
    .map(visibleText)
    .join('\n');
}
