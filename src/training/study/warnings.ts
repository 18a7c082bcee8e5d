// Warnings that a reader of a study must know before believing it: one sentence each.
import { bitsOfKind } from '../../core/numeric/index.ts';
import { partName } from '../../core/parts/index.ts';
import { dequantisationName, valueBits } from '../../flows/models/index.ts';
import { troubleText } from '../../runs/contents/stored.ts';
import { optimizers } from '../../tensor/optimizers/index.ts';
import type { DatasetResult, VariantResult } from './compare.ts';
import type { Study } from './definition.ts';
import type { StudiedDataset, StudiedVariant } from './images.ts';

/** The warnings of a study. */
export function listWarnings(
  study: Study,
  datasets: readonly StudiedDataset[],
  results: readonly DatasetResult[],
): string[] {
  return [
    ...searchWarnings(study),
    ...(study.seeds.length === 1
      ? ['There is one seed, so differences have no intervals and no tests: add seeds.']
      : []),
    ...datasets.flatMap((dataset, index) => [
      ...lengthWarnings(dataset, study.rates !== null),
      ...settingWarnings(dataset, study.rates !== null),
      ...baselineWarnings(dataset, results[index]!),
      ...trainingWarnings(results[index]!),
    ]),
  ];
}

function searchWarnings({ rates, search }: Study): string[] {
  if (rates === null) {
    return [
      'Learning rates were not searched: a rate that suits one variant may not suit another. Search them with grid: { training.learningRate: { search: [0.0005, 0.03] } }.',
    ];
  }
  return search.seeds.length === 1
    ? ['Learning rates were searched with one seed: another might have chosen others.']
    : [];
}

/** Warnings that are the same for several variants are one sentence with their names. */
function forVariants(
  { name, variants }: StudiedDataset,
  explain: (variant: StudiedVariant) => string | null,
): string[] {
  const sentences = new Map<string, string[]>();
  for (const variant of variants) {
    const text = explain(variant);
    if (text !== null) {
      sentences.set(text, [...(sentences.get(text) ?? []), variant.name]);
    }
  }
  return [...sentences].map(([text, names]) => {
    const who = names.length === variants.length ? 'all variants' : names.join(', ');
    return `On ${name}, ${who}: ${text}.`;
  });
}

function lengthWarnings(dataset: StudiedDataset, isSearched: boolean): string[] {
  return [
    ...forVariants(dataset, ({ schedule: { warmupSteps, totalSteps } }) =>
      warmupSteps > totalSteps / 10
        ? `warm-up takes ${warmupSteps} of ${totalSteps} steps, more than a tenth, so warm-ups are compared too; lower training.warmupSteps`
        : null,
    ),
    ...forVariants(dataset, ({ searchSchedule: { warmupSteps, totalSteps } }) =>
      isSearched && warmupSteps > totalSteps / 10
        ? `trainings that try rates warm up for ${warmupSteps} of ${totalSteps} steps, more than a tenth, so they favour high rates; raise search.steps`
        : null,
    ),
    ...forVariants(dataset, ({ schedule: { totalSteps, stepsPerEpoch } }) =>
      totalSteps < stepsPerEpoch
        ? `${totalSteps} steps are less than an epoch (${stepsPerEpoch}), so differences may only show which learns faster at first`
        : null,
    ),
  ];
}

function settingWarnings(dataset: StudiedDataset, isSearched: boolean): string[] {
  const { name, variants, split } = dataset;
  const differ = (read: (variant: StudiedVariant) => unknown): boolean =>
    new Set(variants.map(read)).size > 1;
  return [
    ...(split === 'validation'
      ? [
          `${name} has no test images: results are for the validation images${isSearched ? ', which were also used to choose rates' : ''}.`,
        ]
      : []),
    ...(differ(({ config }) => config.training.batchSize)
      ? [`On ${name}, batch sizes differ, so equal steps are not equal numbers of images.`]
      : []),
    ...(differ(({ config }) => dequantisationName(config.model))
      ? [
          `On ${name}, the dequantisation noise differs: a lower value may only mean a tighter bound on the likelihood.`,
        ]
      : []),
    ...forVariants(dataset, ({ config }) => {
      const { learningRates = [] } = optimizers.find(partName(config.training.optimizer));
      return isSearched && learningRates.length > 0
        ? `${learningRates.map((name) => `training.optimizer.${name}`).join(' and ')} was not searched, so it may suit some variants better than others`
        : null;
    }),
    ...forVariants(dataset, ({ schedule }) =>
      schedule.decaySteps > 0
        ? 'the learning rate decays, so values at equal time come from unfinished trainings, which favours the fastest variant'
        : null,
    ),
  ];
}

/** Mixings without parameters. */
const CONTROLS: readonly string[] = ['reverse', 'shuffle'];

/** The ratio of the largest to the smallest number of parameters above which a comparison is also one of sizes. */
const LARGEST_RATIO = 1.1;

/** Warns if models differ in size, the baseline is worse than a smaller one, or a variant than a uniform distribution. */
function baselineWarnings({ variants: settings, images }: StudiedDataset, result: DatasetResult): string[] {
  const { dataset, variants } = result;
  const [baseline, ...others] = variants as [VariantResult, ...VariantResult[]];
  const smaller = others.filter(({ parameters }) => parameters < baseline.parameters);
  const better = smaller.filter(
    ({ equalSteps }) => equalSteps && baseline.equalSteps && equalSteps.mean < baseline.equalSteps.mean,
  );
  const isLarger = others.some(({ parameters }) => parameters > baseline.parameters);
  const isControl = CONTROLS.includes(partName(settings[0]!.config.model.mixing));
  const bySize = variants.toSorted((a, b) => a.parameters - b.parameters);
  const [smallest, largest] = [bySize[0]!, bySize.at(-1)!];
  const ratio = largest.parameters / smallest.parameters;
  const bits = valueBits(settings[0]!.config.model) ?? bitsOfKind(images.train.kind);
  return [
    ...(ratio > LARGEST_RATIO
      ? [
          `On ${dataset}, ${largest.variant} has ${ratio.toFixed(1)} times the parameters of ${smallest.variant}, so sizes are ` +
            'compared too: choose model.conditioner.width for each variant.',
        ]
      : []),
    ...better.map(
      ({ variant, equalSteps }) =>
        `On ${dataset}, ${variant} has fewer parameters than the baseline ${baseline.variant} and a lower mean ` +
        `(${equalSteps!.mean.toFixed(4)}, ${baseline.equalSteps!.mean.toFixed(4)}): the baseline's extra parameters may do harm.`,
    ),
    ...(isLarger && smaller.length === 0 && !isControl
      ? [
          `On ${dataset}, no variant has fewer parameters than the baseline ${baseline.variant}, so nothing shows that its parameters help: for mixings, add reverse.`,
        ]
      : []),
    ...variants.flatMap(({ variant, equalSteps }) =>
      bits !== undefined && equalSteps !== null && equalSteps.mean > bits
        ? [`On ${dataset}, ${variant} is worse than a uniform distribution of the values (${bits} bits/dim).`]
        : [],
    ),
  ];
}

function trainingWarnings({ dataset, variants, equalSeconds }: DatasetResult): string[] {
  const places = new Set(variants.flatMap(({ seeds }) => seeds.flatMap(({ place }) => place ?? [])));
  const moved =
    places.size > 1
      ? [
          `On ${dataset}, trainings used different devices or numbers of threads or workers (${[...places].join('; ')}), so they may differ by more than their seeds.`,
        ]
      : [];
  const perVariant = variants.flatMap((result) => {
    const { variant, seeds, sampling, equalSteps, equalTime } = result;
    const where = `${variant} on ${dataset}`;
    return [
      ...seeds.flatMap(({ seed, failure, droppedSteps, rollbacks }) => {
        const trouble = troubleText({ droppedSteps, rollbacks });
        const problem = failure === undefined ? trouble : `left out: ${failure}`;
        return problem === null ? [] : [`${where}, seed ${seed}: ${problem}.`];
      }),
      ...(equalSeconds !== null && equalSteps !== null && equalTime === null
        ? [
            `${where} has no value at equal time: its first validation came after the fastest variant was done, or a validation wasn't finite.`,
          ]
        : []),
      ...(sampling !== null && 'problem' in sampling
        ? [`${where}: the time to sample was not measured: ${sampling.problem}.`]
        : []),
    ];
  });
  return [...moved, ...perVariant];
}
