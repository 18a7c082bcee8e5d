// Downloads all files of a dataset into a data folder.
import { basename, dirname, join } from 'node:path';
import { unknownName } from '../../errors.ts';
import { exists } from '../../storage/files.ts';
import { dataFolders, writableDataFolder } from './dataFolder.ts';
import { type DownloadOptions, download } from './download.ts';
import { datasetDownloads } from './records.ts';

/** A file of a dataset. */
export interface DatasetDownload {
  /** Where it is stored. */
  readonly path: string;
  /** Its size. */
  readonly bytes: number;
  /** Whether it already exists, so that nothing is downloaded. */
  readonly isThere: boolean;
}

/** The options of `downloadDataset`. */
export interface DownloadDatasetOptions extends DownloadOptions {
  /** The URL of a mirror, instead of the publisher's. */
  readonly from?: string | undefined;
  /** Called before each file; later calls of `onProgress` are about this file. */
  onFile?(file: DatasetDownload): void;
}

/**
 * Downloads a dataset into the first data folder: `EMERGING_DATA`, or `data` in the working directory.
 * Existing files are kept.
 *
 * @returns the files; null if the signal stopped it
 * @throws UserError if there is no download, the server refuses or sends another file, a write fails, or a
 *   folder to write to is a link that the user hasn't named
 */
export async function downloadDataset(
  name: string,
  { from, onFile, ...options }: DownloadDatasetOptions = {},
): Promise<DatasetDownload[] | null> {
  if (!Object.hasOwn(datasetDownloads, name)) {
    throw unknownName('dataset to download', name, Object.keys(datasetDownloads));
  }
  const done: DatasetDownload[] = [];
  for (const remote of datasetDownloads[name]!) {
    const path = join(dataFolders()[0], remote.place);
    const file = { path, bytes: remote.bytes, isThere: exists(path) };
    onFile?.(file);
    const url = from === undefined ? remote.url : `${from.replace(/\/$/, '')}/${basename(remote.place)}`;
    if (!file.isThere) {
      const { files } = writableDataFolder();
      files.makeFolder(dirname(path));
      if (!(await download({ ...remote, url }, files, path, options))) {
        return null;
      }
    }
    done.push(file);
  }
  return done;
}
