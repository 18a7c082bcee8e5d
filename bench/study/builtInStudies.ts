// The studies of docs/results.
import type { Study } from './studies.ts';

const main: Study['comparisons'][number] = {
  title: 'The three mixings of the paper',
  variants: ['1x1', 'periodic', 'emerging'],
};
/**
 * Without decay a curve equals at every time what a run ending there would give: runs also compare at equal
 * seconds.
 */
const common = ['training.decay=none', 'training.biasCorrection=standard', 'training.clipNorm=100'];
const model = ['model.levels=2', 'model.depth=4', 'model.width=32', 'training.batchSize=64'];
const strong = ['training.warmupSteps=100', 'training.averageDecay=0.995'];
const longer = ['training.warmupSteps=100', 'training.averageDecay=0.99'];
/** Steps, seeds and search of all studies except the trial. */
const length = {
  steps: 800,
  seeds: [0, 1, 2, 3, 4],
  search: { rates: [0.005, 0.01, 0.015, 0.02, 0.03, 0.04], steps: 200, seed: 1000 },
};

const deepSky: Study['data'] = {
  name: 'data/study/deep-sky-16.images',
  prepare: {
    source: '/usr/share/stellarium/nebulae/default',
    options: ['--size', '16', '--crop', 'tiles', '--least-deviation', '4', '--unique'],
    missing: 'install the package stellarium-data (Debian, Ubuntu)',
  },
};
const emoji: Study['data'] = {
  name: 'data/study/emoji-16.images',
  prepare: {
    source: 'node_modules/emoji-datasource-google/img/google/64',
    options: ['--size', '16', '--unique'],
    missing: 'npm install emoji-datasource-google@16.0.0',
  },
};
/** Only 3,389 training images: a larger share is held out than in large datasets, and images are augmented. */
const ofEmoji = ['data.validation=0.1', 'data.augment=[flip, shift]'];
/** Every mixing that is an invertible convolution. */
const convolutions: Study['comparisons'][number] = {
  title: 'Invertible convolutions',
  variants: [
    '1x1',
    'emerging',
    'periodic',
    'convexp',
    'finc',
    'woodbury',
    'woodbury-me',
    'circulant',
    'butterfly',
  ],
};
/** The same, with fewer seeds and rates: the comparison has eight mixings. */
const shorter = {
  ...length,
  seeds: [0, 1, 2],
  search: { ...length.search, rates: [0.01, 0.02, 0.03, 0.04] },
};

const affine = 'model.coupling=affine';
const mixture = 'model.coupling=mixture';
const boards = ['model.checkerboard=4', 'model.checkerboardWidth=24'];
const gated = ['model.conditioner=gated', 'model.width=32', 'model.blocks=1'];

/** Checkerboards and mixtures, alone and together, at equal training time of one thread. */
const glowParts = {
  data: { name: 'mnist' },
  preset: 'paper-mnist-quickstart',
  // Small batches, as in the presets with strong couplings.
  changes: [...common, ...model.slice(0, 2), 'model.mixing=1x1', 'training.batchSize=16', ...strong],
  variants: {
    plain: [affine],
    checkerboard: [affine, ...boards],
    mixture: [mixture],
    'mixture-checkerboard': [mixture, ...boards],
  },
  comparisons: [
    {
      title: "Parts with Glow's networks",
      variants: ['plain', 'checkerboard', 'mixture', 'mixture-checkerboard'],
    },
  ],
  seeds: [0, 1, 2],
  search: { rates: [0.003, 0.006, 0.012], steps: 300, seed: 1000 },
} satisfies Partial<Study>;

/** The same, with gated networks added. */
const allParts = {
  ...glowParts,
  variants: {
    ...glowParts.variants,
    gated: [affine, ...gated],
    'gated-mixture-checkerboard': [mixture, ...boards, ...gated],
    all: [mixture, ...boards, ...gated, 'model.dequantisation=variational'],
  },
  comparisons: [
    ...glowParts.comparisons,
    {
      title: 'Parts with gated networks',
      variants: ['plain', 'gated', 'gated-mixture-checkerboard'],
    },
    {
      title: 'All together',
      variants: ['mixture-checkerboard', 'gated-mixture-checkerboard', 'all'],
    },
  ],
} satisfies Partial<Study>;

/** The studies that are run if no file of studies is named. */
export const builtInStudies: readonly Study[] = [
  {
    name: 'mnist-small',
    title: 'MNIST, a few hundred steps: a trial of the harness',
    data: { name: 'mnist' },
    preset: 'paper-mnist-quickstart',
    changes: [...common, ...model, 'training.warmupSteps=50', 'training.averageDecay=0.98'],
    comparisons: [main],
    steps: 300,
    seeds: [0, 1, 2],
    // Fewer rates: on two cores the whole study must fit in the `--hours 0.2` of the command's example.
    search: { rates: [0.01, 0.02, 0.03], steps: 100, seed: 1000 },
  },
  {
    name: 'mnist',
    title: 'MNIST',
    data: { name: 'mnist' },
    preset: 'paper-mnist-quickstart',
    changes: [...common, ...model, ...longer],
    comparisons: [
      main,
      { title: 'Other ways to mix channels', variants: ['1x1', '1x1-plu', '1x1-qr', 'reverse'] },
      { title: 'A masked autoregressive layer', variants: ['1x1', 'emerging', 'maf'] },
    ],
    ...length,
  },
  {
    name: 'deep-sky',
    title: 'The deep sky, tiles of 16 x 16',
    data: deepSky,
    preset: 'paper-mnist-quickstart',
    changes: [...common, ...model, ...longer],
    comparisons: [main],
    ...length,
  },
  {
    name: 'emoji',
    title: 'Emoji in colour, 16 x 16',
    data: emoji,
    preset: 'paper-mnist-quickstart',
    changes: [...common, ...model, ...longer, ...ofEmoji],
    comparisons: [main],
    ...length,
  },
  {
    name: 'mnist-convolutions',
    title: 'Invertible convolutions on MNIST',
    data: { name: 'mnist' },
    preset: 'paper-mnist-quickstart',
    changes: [...common, ...model, ...longer],
    comparisons: [convolutions],
    ...shorter,
  },
  {
    name: 'emoji-convolutions',
    title: 'Invertible convolutions on emoji',
    data: emoji,
    preset: 'paper-mnist-quickstart',
    changes: [...common, ...model, ...longer, ...ofEmoji],
    comparisons: [convolutions],
    ...shorter,
  },
  {
    name: 'deep-sky-convolutions',
    title: 'Invertible convolutions on the deep sky',
    data: deepSky,
    preset: 'paper-mnist-quickstart',
    changes: [...common, ...model, ...longer],
    comparisons: [convolutions],
    ...shorter,
  },
  {
    name: 'fashion-convolutions',
    title: 'Invertible convolutions on Fashion-MNIST',
    data: { name: 'fashion-mnist' },
    preset: 'paper-mnist-quickstart',
    changes: [...common, ...model, ...longer],
    comparisons: [convolutions],
    ...shorter,
  },
  {
    name: 'mnist-couplings',
    title: 'Couplings and dequantisation on MNIST',
    data: { name: 'mnist' },
    preset: 'paper-mnist-quickstart',
    changes: [...common, ...model, ...longer, 'model.mixing=emerging'],
    variants: {
      affine: ['model.coupling=affine', 'model.dequantisation=uniform'],
      additive: ['model.coupling=additive'],
      spline: ['model.coupling=spline'],
      variational: ['model.dequantisation=variational'],
      // The fewer bits, the wider the noise, and the more there is to gain.
      'uniform-3-bits': ['model.dequantisation=uniform', 'model.bits=3'],
      'variational-3-bits': ['model.dequantisation=variational', 'model.bits=3'],
    },
    comparisons: [
      // One table each: variants meet at the seconds of the fastest.
      { title: 'Spline couplings', variants: ['affine', 'spline'] },
      { title: 'Additive couplings', variants: ['affine', 'additive'] },
      { title: 'Dequantisation of 8-bit images', variants: ['affine', 'variational'] },
      { title: 'Dequantisation of 3-bit images', variants: ['uniform-3-bits', 'variational-3-bits'] },
    ],
    ...shorter,
  },
  {
    name: 'mnist-strong',
    title: 'Mixings in the network of the quick start, on MNIST',
    data: { name: 'mnist' },
    preset: 'mnist-quickstart',
    changes: [...common, ...strong],
    comparisons: [{ title: 'Invertible convolutions', variants: ['1x1', 'emerging', 'periodic', 'finc'] }],
    steps: 2000,
    seeds: [0, 1, 2],
    search: { rates: [0.003, 0.006, 0.012], steps: 300, seed: 1000 },
  },
  {
    ...allParts,
    name: 'mnist-parts',
    title: 'Parts of couplings on MNIST',
    seconds: 180,
  },
  {
    ...allParts,
    name: 'mnist-parts-long',
    title: 'Parts of couplings on MNIST, for longer',
    seconds: 1800,
  },
  {
    ...glowParts,
    name: 'emoji-parts',
    title: 'Parts of couplings on emoji',
    data: emoji,
    changes: [...glowParts.changes, ...ofEmoji],
    seconds: 100,
  },
  {
    ...glowParts,
    name: 'deep-sky-parts',
    title: 'Parts of couplings on the deep sky',
    data: deepSky,
    seconds: 100,
  },
];
