// `emerging datasets`: what there is to train on, how to get it, and how to prepare images of one's own.
import type { Command } from 'commander';
import type { NamedDataset } from '../data/dataset.ts';
import { placeOfDataset } from '../data/datasetPlace.ts';
import { downloads } from '../data/downloads.ts';
import { datasets } from '../data/registry.ts';
import { showImageShape } from '../numeric/imageShape.ts';
import { registerDatasetsGet } from './datasetsGet.ts';
import { registerDatasetsPrepare } from './datasetsPrepare.ts';
import { registerDatasetsShow } from './datasetsShow.ts';
import { formatBytes, formatCount } from './format.ts';
import { formatTable } from './table.ts';

/** Adds the command `datasets` and its parts. */
export function registerDatasets(program: Command): void {
  const parent = program
    .command('datasets')
    .description('list, get, prepare and look at datasets')
    .addHelpText('after', '\nExample:\n  emerging datasets list --json');
  parent
    .command('list', { isDefault: true })
    .description('list the datasets that have a name')
    .option('--json', 'print a JSON list')
    .addHelpText('after', '\nExample:\n  emerging datasets list --json')
    .action(async ({ json }: { json?: true }) => {
      const entries = await Promise.all(datasets.map(describe));
      process.stdout.write(`${json ? JSON.stringify(entries, null, 2) : textOf(entries)}\n`);
    });
  registerDatasetsGet(parent);
  registerDatasetsPrepare(parent);
  registerDatasetsShow(parent);
}

/** A dataset as it is listed; null where its publisher does not say. */
interface Entry {
  readonly name: string;
  readonly description: string;
  /** Whether it is on this machine. */
  readonly here: boolean;
  /** Where; null if it is not. */
  readonly path: string | null;
  /** The file in a data folder that was prepared of it and is opened by its name, if there is one. */
  readonly prepared: string | null;
  /** What there is to do before it can be trained on, in a line; null where there is nothing. */
  readonly todo: string | null;
  readonly imageShape: NamedDataset['imageShape'];
  readonly images: Readonly<Record<'train' | 'test', number>> | null;
  /** Whether `emerging datasets get` downloads it. */
  readonly download: boolean;
  /** Of the download. */
  readonly bytes: number | null;
  readonly source: string;
  readonly licence: string;
}

async function describe(dataset: NamedDataset): Promise<Entry> {
  const { name, description, imageShape, counts, source, licence } = dataset;
  const files = downloads[name];
  const { path, prepared, todo } = await placeOfDataset(dataset);
  return {
    name,
    description,
    here: path !== null,
    path,
    prepared: prepared ? path : null,
    todo,
    imageShape,
    images: counts ?? null,
    download: files !== undefined,
    bytes: files?.reduce((sum, file) => sum + file.bytes, 0) ?? null,
    source,
    licence,
  };
}

function textOf(entries: readonly Entry[]): string {
  const table = formatTable(
    [
      { title: 'DATASET' },
      { title: 'HERE' },
      { title: 'SIZE' },
      { title: 'TRAIN', align: 'right' },
      { title: 'TEST', align: 'right' },
      { title: 'DOWNLOAD', align: 'right' },
      { title: 'WHAT IT IS' },
    ],
    entries.map(({ name, description, here, prepared, todo, imageShape, images, bytes }) => [
      name,
      prepared !== null ? 'prepared' : !here ? 'no' : todo === null ? 'yes' : 'unprepared',
      showImageShape(imageShape),
      images === null ? '' : formatCount(images.train),
      images === null ? '' : formatCount(images.test),
      bytes !== null ? formatBytes(bytes) : here ? '' : 'by hand',
      description,
    ]),
  );
  const sources = formatTable(
    [{ title: 'DATASET' }, { title: 'TERMS' }, { title: 'WHERE IT COMES FROM' }],
    entries.map(({ name, licence, source }) => [name, licence, source]),
  );
  const todos = entries.flatMap(({ todo }) => todo ?? []);
  return [
    table,
    '',
    sources,
    '',
    ...(todos.length > 0 ? [...todos, ''] : []),
    'Images of your own: emerging datasets prepare PATH --size N, then emerging train --data FILE.',
  ].join('\n');
}
