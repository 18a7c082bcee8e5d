// The file `data.json` of a run folder: what identifies the run's images.
import type { HoldOut } from '../../data/contract/dataset.ts';
import { exists, readText } from '../../storage/files.ts';
import { type DataRecord, dataRecordText, holdOutIn, parseDataRecord } from '../contents/dataRecord.ts';
import { runFiles } from './closedRun.ts';
import type { RunPaths } from './runFolder.ts';

/** The most bytes of a record, which may name every held-out image. */
const LARGEST = 2 ** 26;

/**
 * What identifies the images of a run; undefined for a run of an earlier version, which has no record.
 *
 * @throws UserError with the file's name if it is damaged
 */
export function readDataRecord({ dataRecord: path }: RunPaths): DataRecord | undefined {
  return exists(path) ? parseDataRecord(readText(path, LARGEST), path) : undefined;
}

/** Records what identifies the images of a run. */
export function writeDataRecord(paths: RunPaths, record: DataRecord): void {
  runFiles(paths).write(paths.dataRecord, dataRecordText(record));
}

/** How the validation images of a run are held out. */
export function holdOutOf(paths: RunPaths): HoldOut | undefined {
  return holdOutIn(readDataRecord(paths));
}
