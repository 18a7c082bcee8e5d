// A study of tiny models, for tests.
import type { Study } from './studies.ts';

/** Two variants on the images of `writeTinyDataset`, in the folder `images`. */
export const tinyStudy: Study = {
  name: 'tiny',
  title: 'Tiny images',
  data: { name: 'images' },
  preset: 'paper-mnist-quickstart',
  changes: [
    'model.levels=1',
    'model.depth=1',
    'model.conditioner.width=4',
    'training.batchSize=16',
    'training.warmupSteps=2',
    'training.averageDecay=0.5',
    'data.validation=0.1',
  ],
  variants: { additive: ['model.mixing=emerging', 'model.coupling=additive'] },
  comparisons: [{ title: 'Two', variants: ['1x1', 'additive'] }],
  steps: 25,
  seeds: [0, 1],
  search: { rates: [0.01, 0.001], steps: 10, seed: 9 },
};
