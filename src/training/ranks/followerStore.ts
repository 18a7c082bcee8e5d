// The storage of a run on ranks other than 0, which alone reads and writes it.
import type { Config } from '../../experiments/configSchema.ts';
import { stringifyConfig } from '../../experiments/configText.ts';
import { runFileNames } from '../../runs/contents/runFileNames.ts';
import { RunStore } from '../../runs/contents/runStore.ts';
import { bytesOf, type FileStore } from '../../storage/fileStore.ts';

/** A store that has only a configuration, and remains so. */
export function followerStore(name: string, config: Config): RunStore {
  const ignore = (): void => {};
  const files: FileStore = {
    name,
    pathOf: (file) => `${name}/${file}`,
    list: () => [],
    read: (file) => (file === runFileNames.config ? bytesOf(stringifyConfig(config)) : undefined),
    blocks: () => undefined,
    write: ignore,
    append: ignore,
    flush: ignore,
    remove: ignore,
    setAside: (file) => file,
    lock: () => ({ renew: ignore, release: ignore }),
  };
  return new RunStore(files, { isFolder: true });
}
