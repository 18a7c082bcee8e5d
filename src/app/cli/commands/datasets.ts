// `emerging datasets`: lists, downloads, prepares, shows and audits datasets.
import type { Command } from 'commander';
import { showImageShape } from '../../../core/numeric/index.ts';
import type { NamedDataset } from '../../../data/contract/index.ts';
import { datasets } from '../../../data/index.node.ts';
import { type DatasetPlace, placeOfDataset } from '../../../data/sets/dataFolder.ts';
import { datasetDownloads } from '../../../data/sets/records.ts';
import { formatBytes, formatCount } from '../terminal/format.ts';
import { writeStdout } from '../terminal/output.ts';
import { formatTable, right } from '../terminal/table.ts';
import { inCommandWords } from '../terminal/wording.ts';
import { registerDatasetsAudit } from './datasetsAudit.ts';
import { registerDatasetsGet } from './datasetsGet.ts';
import { registerDatasetsPrepare } from './datasetsPrepare.ts';
import { registerDatasetsShow } from './datasetsShow.ts';

/** Adds the subcommands of `datasets`. */
export function registerDatasets(parent: Command): void {
  parent.addHelpText('after', '\nExample:\n  emerging datasets list --json');
  parent
    .command('list', { isDefault: true })
    .description('list the built-in datasets')
    .option('--json', 'print a JSON list')
    .addHelpText('after', '\nExample:\n  emerging datasets list --json')
    .action(async ({ json }: { json?: true }) => {
      const entries = await Promise.all(datasets.map(describe));
      writeStdout(`${json ? JSON.stringify(entries, null, 2) : datasetsText(entries)}\n`);
    });
  registerDatasetsGet(parent);
  registerDatasetsPrepare(parent);
  registerDatasetsShow(parent);
  registerDatasetsAudit(parent);
}

/** A dataset as listed; null for what its publisher does not state. */
type Entry = Awaited<ReturnType<typeof describe>>;

async function describe(dataset: NamedDataset) {
  const { name, description, imageShape, counts, source, licence } = dataset;
  const files = datasetDownloads[name];
  const { state, path, todo } = await placeOfDataset(dataset);
  return {
    name,
    description,
    state,
    here: path !== null,
    path,
    // The file that its name opens.
    prepared: state === 'prepared' ? path : null,
    // What to do before training on it, or what is wrong with it.
    todo: todo && inCommandWords(todo),
    imageShape,
    images: counts ?? null,
    download: files !== undefined,
    bytes: files?.reduce((sum, file) => sum + file.bytes, 0) ?? null,
    source,
    licence,
  };
}

/** The text of the column DOWNLOAD. */
function downloadText(bytes: number | null, state: DatasetPlace['state']): string {
  if (bytes !== null) {
    return formatBytes(bytes);
  }
  return state === 'missing' ? 'manual' : '';
}

/** The text of the column AVAILABLE. */
const AVAILABLE: Record<DatasetPlace['state'], string> = {
  ready: 'yes',
  prepared: 'prepared',
  unprepared: 'unprepared',
  missing: 'no',
  unusable: 'unusable',
};

function datasetsText(entries: readonly Entry[]): string {
  const table = formatTable(
    ['DATASET', 'AVAILABLE', 'SIZE', right('TRAIN'), right('TEST'), right('DOWNLOAD'), 'DESCRIPTION'],
    entries.map(({ name, description, state, imageShape, images, bytes }) => [
      name,
      AVAILABLE[state],
      showImageShape(imageShape),
      images === null ? '' : formatCount(images.train),
      images === null ? '' : formatCount(images.test),
      downloadText(bytes, state),
      description,
    ]),
  );
  const sources = formatTable(
    ['DATASET', 'LICENCE', 'SOURCE'],
    entries.map(({ name, licence, source }) => [name, licence, source]),
  );
  const todos = entries.flatMap(({ todo }) => todo ?? []);
  return [
    table,
    '',
    sources,
    '',
    ...(todos.length > 0 ? [...todos, ''] : []),
    'To use your own images: emerging datasets prepare PATH --size N, then emerging train --data FILE.',
  ].join('\n');
}
