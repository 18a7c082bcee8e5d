// Models that were trained in this browser: the last checkpoints of the runs in its private file system.
import { UserError } from 'emerging-flows';
import { listPrivateFiles, privateFiles } from 'emerging-flows/training';

/** The beginning of the URL of such a run. */
const PREFIX = 'kept:';

/** A run with a checkpoint. */
export interface KeptModel {
  readonly name: string;
  /** The URL of its folder, for the worker alone. */
  readonly url: string;
  /** The files that make up its model. */
  readonly files: readonly string[];
  readonly step: number;
}

/** The runs that have a checkpoint; none if the browser keeps nothing. */
export async function keptModels(): Promise<KeptModel[]> {
  const found: KeptModel[] = [];
  for (const name of await names()) {
    const files = await (await privateFiles(name)).list();
    const last = files.filter((file) => /^checkpoints\/step-\d{8,}\.safetensors$/.test(file)).at(-1);
    if (last !== undefined && files.includes('config.yaml')) {
      const url = `${PREFIX}${encodeURIComponent(name)}/`;
      found.push({ name, url, files: ['config.yaml', last], step: Number(/\d+/.exec(last)![0]) });
    }
  }
  return found;
}

/** A file of such a run by its URL; undefined if the URL is that of something else. */
export async function keptFile(folder: string, file: string): Promise<Uint8Array | undefined> {
  if (!folder.startsWith(PREFIX)) {
    return undefined;
  }
  const name = decodeURIComponent(folder.slice(PREFIX.length, -1));
  const bytes = await (await privateFiles(name)).read(file);
  if (bytes === undefined) {
    throw new Error(`${name} has changed in this browser: load the page again.`);
  }
  return bytes;
}

async function names(): Promise<string[]> {
  try {
    return await listPrivateFiles();
  } catch (error) {
    // As in some private windows; the room Train says so.
    if (error instanceof UserError) {
      return [];
    }
    throw error;
  }
}
