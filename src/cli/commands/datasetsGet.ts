// `emerging datasets get`: downloads a dataset into the data folder.
import { existsSync, mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Command } from 'commander';
import { datasets } from '../../data/registry.ts';
import { dataFolders } from '../../data/sets/dataFolder.ts';
import { placeOfDataset } from '../../data/sets/datasetPlace.ts';
import { download } from '../../data/sets/download.ts';
import { type DatasetFile, publishedFiles } from '../../data/sets/publishedFiles.ts';
import { phrase, UserError, unknownName } from '../../errors.ts';
import { explainFileError } from '../../storage/fileErrors.ts';
import { formatBytes } from '../terminal/format.ts';
import { type Interruption, listenForInterruption } from '../terminal/interruption.ts';
import { createProgress } from '../terminal/progress.ts';
import { inCommandWords } from '../terminal/wording.ts';

interface DatasetsGetOptions {
  readonly from?: string;
  readonly json?: true;
}

/** Adds the command `datasets get`. */
export function registerDatasetsGet(parent: Command): void {
  parent
    .command('get')
    .description('download a dataset, or go on with a download')
    .argument('<name>', `one of ${Object.keys(publishedFiles).join(', ')}`)
    .option('--from <url>', "another place with the same files, in place of the publisher's")
    .option('--json', 'print the result as JSON on stdout')
    .addHelpText(
      'after',
      '\nFiles go to the folder in EMERGING_DATA, or to data in the working directory. A file is there when all of it\n' +
        'has come and its checksum is right; until then it is called NAME.partial, and the same command goes on with it.\n' +
        '\nExample:\n  emerging datasets get cifar10',
    )
    .action((name: string, options: DatasetsGetOptions) => runGet(name, options));
}

async function runGet(name: string, options: DatasetsGetOptions): Promise<void> {
  const { from, json } = options;
  const files = Object.hasOwn(publishedFiles, name) ? publishedFiles[name]! : undefined;
  if (files === undefined) {
    return tellPlace(name, options);
  }
  const paths: string[] = [];
  for (const file of files) {
    const path = join(dataFolders()[0], file.place);
    paths.push(path);
    if (existsSync(path)) {
      process.stderr.write(`${path} is there already\n`);
    } else if (!(await get(file, path, from))) {
      return;
    }
  }
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  process.stdout.write(
    json
      ? `${JSON.stringify({ name, files: paths, bytes, todo: null })}\n`
      : `${paths.join(', ')}: ${formatBytes(bytes)}, checksums right\nto train: emerging train --data ${name}\n`,
  );
}

/** Downloads one file with a bar; false if it was interrupted. */
async function get(file: DatasetFile, path: string, from: string | undefined): Promise<boolean> {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    throw explainFileError(error, dirname(path), 'create the folder');
  }
  const url = from === undefined ? file.url : `${from.replace(/\/$/, '')}/${basename(file.place)}`;
  const bar = createProgress({ label: basename(path), total: file.bytes, show: formatBytes });
  const interruption: Interruption = listenForInterruption(() =>
    bar.note('stopping; the same command goes on from here'),
  );
  try {
    const isThere = await download({ ...file, url }, path, {
      signal: interruption.signal,
      onProgress: (bytes) => bar.update(bytes),
      onRetry: (reason) => bar.note(reason),
    });
    if (!isThere) {
      process.exitCode = interruption.exitCode();
    }
    return isThere;
  } catch (error) {
    throw explainFileError(error, path, 'write');
  } finally {
    bar.finish();
    interruption.release();
  }
}

/** Tells where a set is that has no download; refuses it with what to do where it is not. */
async function tellPlace(name: string, { from, json }: DatasetsGetOptions): Promise<void> {
  const dataset = datasets.find((candidate) => candidate.name === name);
  if (dataset === undefined) {
    throw unknownName(
      'dataset',
      name,
      datasets.map((known) => known.name),
    );
  }
  if (from !== undefined) {
    const known = Object.keys(publishedFiles).join(' and ');
    throw new UserError(
      'invalid-argument',
      `--from is another place to download from, and ${name} has no download: leave it out; ${known} have one`,
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
  process.stderr.write(`${name} is there already\n`);
  process.stdout.write(
    json
      ? `${JSON.stringify({ name, files: [path], bytes: null, todo: next })}\n`
      : `${path}\n${next ?? `to train: emerging train --data ${name}`}\n`,
  );
}
