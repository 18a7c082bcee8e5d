// Datasets that experiments name before there is a reader for them.
import type { NamedDataset } from './dataset.ts';

/** What is known of a dataset that cannot be read. */
type DatasetOutline = Pick<NamedDataset, 'name' | 'imageShape'>;

/** The datasets without a reader, by name; one that gets a reader leaves this list for that of the registry. */
export const withoutReader = {
  galaxy: { name: 'galaxy', imageShape: [32, 32, 3] },
  cifar10: { name: 'cifar10', imageShape: [32, 32, 3] },
  imagenet32: { name: 'imagenet32', imageShape: [32, 32, 3] },
  imagenet64: { name: 'imagenet64', imageShape: [64, 64, 3] },
} as const satisfies Record<string, DatasetOutline>;
