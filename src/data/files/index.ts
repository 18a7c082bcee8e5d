// Public to other folders: file stores, JSON, logs, safetensors and checksums, on any host.

export {
  atMost,
  contentBytes,
  type FileCheck,
  type FileContent,
  type FileLock,
  type FileStore,
  inMemory,
  isPlainPath,
  maxBytesAtOnce,
  memoryFiles,
  type RandomAccess,
  readFiles,
} from './fileStore.ts';
export { isShort, type JsonObject, parsedJson, parseJsonObject, stringifyJson } from './jsonText.ts';
export { jsonLine, type LineCheck, LONGEST_LINE, mendLog, readLog, rewindLog } from './logs.ts';
export {
  byHeader,
  decodeSafetensors,
  differenceFrom,
  encodeSafetensors,
  type HeaderCheck,
  ifLarge,
  missingFrom,
  quote,
  type Safetensors,
  type SafetensorsHeader,
  type StoredSafetensors,
  safetensorsHeader,
  tensorChecksum,
} from './safetensors.ts';
