// Public to other folders: files and folders on disk.
export { createMark, isOwnMark } from './accountKey.ts';
export { ClosedFolder } from './closedFolder.ts';
export {
  entryAt,
  exists,
  isFolder,
  LAST_MIB,
  lastWritten,
  openRegularFile,
  readBlocks,
  readBytes,
  readChecked,
  readJsonLines,
  readLastJsonLines,
  readText,
  readTextFile,
  readTextStream,
  realPath,
  requireExists,
  withFile,
} from './files.ts';
export {
  fileKey,
  filesBelow,
  isBelow,
  isWithin,
  listFolder,
  makeFolders,
  parentFolder,
  pathFrom,
  pathIn,
  realFolder,
  removeEmptyFolders,
  requireCreatable,
  requireDistinctFiles,
  requireNewFolder,
  startNewFolder,
  staysInFolder,
  toPath,
  withoutEndSeparators,
  writeNewFolder,
} from './folders.ts';
export {
  hasPartialFiles,
  requireWritable,
  writeFileAtomically,
  writePartsAtomically,
} from './partialFiles.ts';
