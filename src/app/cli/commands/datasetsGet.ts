// `emerging datasets get`: downloads a dataset into the data folder.
import { basename } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { phrase, UserError, unknownName, visibleText } from '../../../core/errors.ts';
import { datasets } from '../../../data/index.node.ts';
import { placeOfDataset } from '../../../data/sets/dataFolder.ts';
import { type DatasetDownload, downloadDataset } from '../../../data/sets/download.ts';
import { datasetDownloads } from '../../../data/sets/records.ts';
import { formatBytes } from '../terminal/format.ts';
import { untilInterrupted } from '../terminal/interruption.ts';
import { noteOnStderr, writeStdout } from '../terminal/output.ts';
import { createProgress, type Progress } from '../terminal/progress.ts';
import { inCommandWords } from '../terminal/wording.ts';

interface DatasetsGetOptions {
  readonly from?: string;
  readonly json?: true;
}

/** Adds the command `datasets get`. */
export function registerDatasetsGet(parent: Command): void {
  parent
    .command('get')
    .description('download a dataset')
    .argument('<name>', `one of ${Object.keys(datasetDownloads).join(', ')}`)
    .option(
      '--from <url>',
      "a mirror instead of the publisher's site: the http or https address of a folder with the same files",
      mirror,
    )
    .option('--json', 'print the result as JSON on stdout')
    .addHelpText(
      'after',
      `\n${filesText()}\n` +
        '\nFiles are written to the folder in EMERGING_DATA, or to data in the working directory. Files that are there are\n' +
        'kept. Downloads must have the published checksums, also those from a mirror.\n' +
        '\nExamples:\n  emerging datasets get cifar10\n' +
        '  emerging datasets get fashion-mnist --from https://example.org/fashion',
    )
    .action((name: string, options: DatasetsGetOptions) => runGet(name, options));
}

/** The files of each dataset: what a mirror must have. */
function filesText(): string {
  return Object.entries(datasetDownloads)
    .map(([name, files]) => {
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      return `${name}: ${files.map(({ place: path }) => basename(path)).join(', ')} (${formatBytes(bytes)})`;
    })
    .join('\n');
}

function mirror(text: string): string {
  if (!/^https?:\/\/[^/]/.test(text)) {
    throw new InvalidArgumentError('It must be the address of a folder, which begins with https: or http:.');
  }
  return text;
}

async function runGet(name: string, options: DatasetsGetOptions): Promise<void> {
  if (!Object.hasOwn(datasetDownloads, name)) {
    return printPlace(name, options);
  }
  const files = await downloadWithBar(name, options.from);
  if (!files) {
    return;
  }
  const paths = files.map(({ path }) => path);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  writeStdout(
    options.json
      ? `${JSON.stringify({ name, files: paths, bytes, todo: null })}\n`
      : `${visibleText(paths.join(', '))}: ${formatBytes(bytes)}, checksums match\nto train: emerging train --data ${name}\n`,
  );
}

/** Downloads a dataset with a progress bar for each file; undefined if interrupted. */
function downloadWithBar(name: string, from: string | undefined): Promise<DatasetDownload[] | undefined> {
  let bar: Progress | undefined;
  return untilInterrupted(
    () => bar?.note('stopping'),
    (signal) =>
      downloadDataset(name, {
        from,
        signal,
        onFile({ path, bytes, isThere }) {
          bar?.finish();
          bar = isThere
            ? undefined
            : createProgress({ label: basename(path), total: bytes, show: formatBytes });
          if (isThere) {
            noteOnStderr(`${path} already exists`);
          }
        },
        onProgress: (bytes) => bar?.update(bytes),
        onRetry: (reason) => bar?.note(reason),
      }),
  ).finally(() => bar?.finish());
}

/** Prints where a dataset is that cannot be downloaded. */
async function printPlace(name: string, { from, json }: DatasetsGetOptions): Promise<void> {
  const dataset = datasets.find((candidate) => candidate.name === name);
  if (dataset === undefined) {
    throw unknownName(
      'dataset',
      name,
      datasets.map((candidate) => candidate.name),
    );
  }
  if (from !== undefined) {
    const downloadable = Object.keys(datasetDownloads).join(' and ');
    throw new UserError(
      'invalid-argument',
      `--from names a mirror, but ${name} cannot be downloaded: omit --from; only ${downloadable} can be downloaded`,
    );
  }
  const { state, path, todo } = await placeOfDataset(dataset);
  if (path === null) {
    throw new UserError(
      'not-ready',
      phrase`${todo!}${state === 'missing' ? '; this command cannot download it' : ''}`,
    );
  }
  const next = todo && inCommandWords(todo);
  noteOnStderr(`${name} is already available`);
  writeStdout(
    json
      ? `${JSON.stringify({ name, files: [path], bytes: null, todo: next })}\n`
      : `${visibleText(path)}\n${next ?? `to train: emerging train --data ${name}`}\n`,
  );
}
