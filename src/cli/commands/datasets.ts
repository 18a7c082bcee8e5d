// `emerging datasets`: what there is to train on, how to get it, and how to prepare images of one's own.
import type { Command } from 'commander';
import type { NamedDataset } from '../../data/dataset.ts';
import { datasets } from '../../data/registry.ts';
import { type DatasetPlace, placeOfDataset } from '../../data/sets/datasetPlace.ts';
import { publishedFiles } from '../../data/sets/publishedFiles.ts';
import { showImageShape } from '../../numeric/imageShape.ts';
import { formatBytes, formatCount } from '../terminal/format.ts';
import { writeStdout } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';
import { inCommandWords } from '../terminal/wording.ts';
import { registerDatasetsGet } from './datasetsGet.ts';
import { registerDatasetsPrepare } from './datasetsPrepare.ts';
import { registerDatasetsShow } from './datasetsShow.ts';

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
      writeStdout(`${json ? JSON.stringify(entries, null, 2) : textOf(entries)}\n`);
    });
  registerDatasetsGet(parent);
  registerDatasetsPrepare(parent);
  registerDatasetsShow(parent);
}

/** A dataset as it is listed; null where its publisher does not say. */
interface Entry {
  readonly name: string;
  readonly description: string;
  /** Whether it is on this machine, and how. */
  readonly state: DatasetPlace['state'];
  /** Whether it is on this machine and can be used. */
  readonly here: boolean;
  /** Where; null if it is not. */
  readonly path: string | null;
  /** The file in a data folder that was prepared of it and is opened by its name, if there is one. */
  readonly prepared: string | null;
  /** What there is to do before it can be trained on, or what is wrong with it, in a line; null where nothing is. */
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
  const files = publishedFiles[name];
  const { state, path, todo } = await placeOfDataset(dataset);
  return {
    name,
    description,
    state,
    here: path !== null,
    path,
    prepared: state === 'prepared' ? path : null,
    todo: todo && inCommandWords(todo),
    imageShape,
    images: counts ?? null,
    download: files !== undefined,
    bytes: files?.reduce((sum, file) => sum + file.bytes, 0) ?? null,
    source,
    licence,
  };
}

/** What stands in the column that says how a set is got. */
function downloadOf(bytes: number | null, state: DatasetPlace['state']): string {
  if (bytes !== null) {
    return formatBytes(bytes);
  }
  return state === 'missing' ? 'by hand' : '';
}

/** What stands in the column that says whether a set is here. */
const HERE: Record<DatasetPlace['state'], string> = {
  ready: 'yes',
  prepared: 'prepared',
  unprepared: 'unprepared',
  missing: 'no',
  unusable: 'unusable',
};

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
    entries.map(({ name, description, state, imageShape, images, bytes }) => [
      name,
      HERE[state],
      showImageShape(imageShape),
      images === null ? '' : formatCount(images.train),
      images === null ? '' : formatCount(images.test),
      downloadOf(bytes, state),
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
