// A run in a folder on disk.

import { entryAt, hasPartialFiles, pathIn, requireWritable } from '../../data/files/index.node.ts';
import { encodeSafetensors, type Safetensors } from '../../data/files/index.ts';
import { RunStore } from '../contents/runStore.ts';
import { configSchemaText } from '../settings/configReference.ts';
import { type Config, SCHEMA_FILE } from '../settings/configSchema.ts';
import { stringifyConfig } from '../settings/configText.ts';
import type { ConfigFile } from '../settings/resolve.ts';
import { markData } from './dataMark.ts';
import { createRunFolder } from './newRunFolder.ts';
import { type RunPaths, requireRun, runFiles } from './runFolder.ts';

/** The storage of the run in a folder, which need not exist yet. */
export function folderStore(paths: RunPaths): RunStore {
  return new FolderStore(paths);
}

/**
 * Removes the lock and the partial files left in a finished run.
 *
 * @throws UserError (`locked`) if a process is training the run, or if a file cannot be removed
 */
export function tidyRun(paths: RunPaths): void {
  if (entryAt(paths.lock) === undefined && !ownFolders(paths).some(hasPartialFiles)) {
    return;
  }
  const lock = runFiles(paths).lock();
  try {
    removeRunPartials(paths);
  } finally {
    lock.release();
  }
}

class FolderStore extends RunStore {
  private readonly paths: RunPaths;

  constructor(paths: RunPaths) {
    super(runFiles(paths), { isFolder: true });
    this.paths = paths;
  }

  override get restart(): string {
    return `delete ${this.paths.checkpoints} to restart training from scratch`;
  }

  override async create(config: Config, start?: Safetensors): Promise<void> {
    createRunFolder(
      this.name,
      stringifyConfig(config),
      start && encodeSafetensors(start.tensors, start.metadata),
    );
    markData(this.paths, config);
  }

  override async readConfig(): Promise<ConfigFile> {
    requireRun(this.name);
    return super.readConfig();
  }

  /** Also checks that nothing a training will write is a link, and that what it writes without reading it can be written. */
  override async mend(): Promise<readonly string[]> {
    const { directory: _, lock: __, ...written } = this.paths;
    for (const path of Object.values(written)) {
      runFiles(this.paths).requireNoLink(path);
    }
    for (const path of [written.schema, written.card]) {
      requireWritable(path);
    }
    return super.mend();
  }

  /** Also removes leftovers of a crash, and updates the schema of the configuration. */
  override async rewind(config: Config, step: number): Promise<void> {
    const { checkpoints, samples } = this.paths;
    for (const folder of [checkpoints, samples]) {
      runFiles(this.paths).makeFolder(folder);
    }
    removeRunPartials(this.paths);
    await this.files.write(SCHEMA_FILE, configSchemaText());
    await super.rewind(config, step);
  }
}

/** Removes the partial files of a run, which must be locked. */
function removeRunPartials(paths: RunPaths): void {
  const files = runFiles(paths);
  for (const folder of ownFolders(paths)) {
    files.removePartialFiles(folder);
  }
}

/** The folders of a run that files are written to; links are not followed. */
function ownFolders({ directory, checkpoints, samples, tensorboard }: RunPaths): string[] {
  const inside = [checkpoints, samples, tensorboard].filter((folder) => entryAt(folder)?.isDirectory());
  return [pathIn(directory), ...inside];
}
