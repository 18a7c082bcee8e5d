// Models trained in this browser: the last checkpoints of the runs in its private file system.
import { UserError } from 'emerging-flows';
import { privateFiles } from 'emerging-flows/training';

/** Its name, fetched only for comparisons. */
export const SCORES_FILE = 'scores.json';

/** The prefix of such a run's URL. */
const PREFIX = 'kept:';

/** A run with a checkpoint. */
interface KeptModel {
  readonly name: string;
  /** The folder's URL, which only the worker understands; it may continue. */
  readonly url: string;
  /** The files that make up its model, and the statistics of its validation images. */
  readonly files: readonly string[];
  readonly step: number;
}

/** The runs with a checkpoint; none if storage is blocked. */
export async function keptModels(): Promise<KeptModel[]> {
  const models: KeptModel[] = [];
  for (const name of await names()) {
    const files = await (await privateFiles.open(name)).list();
    const last = lastCheckpoint(files);
    if (last !== undefined && files.includes('config.yaml')) {
      const url = `${PREFIX}${encodeURIComponent(name)}/`;
      const scores = files.filter((file) => file === SCORES_FILE);
      models.push({ name, url, files: ['config.yaml', last, ...scores], step: Number(/\d+/.exec(last)![0]) });
    }
  }
  return models;
}

/** The last checkpoint among the files of a run; not one that was set aside as damaged. */
export function lastCheckpoint(files: readonly string[]): string | undefined {
  return files.filter((file) => /^checkpoints\/step-\d{8,}\.safetensors$/.test(file)).at(-1);
}

/** Reads a file of such a run; undefined if the URL isn't one of a run in this browser. */
export async function keptFile(folder: string, file: string): Promise<Uint8Array | undefined> {
  if (!folder.startsWith(PREFIX)) {
    return undefined;
  }
  const name = decodeURIComponent(folder.slice(PREFIX.length).split('/')[0]!);
  const bytes = await (await privateFiles.open(name)).read(file);
  if (bytes === undefined) {
    throw new Error(`The run ${name} has changed: reload the page.`);
  }
  return bytes;
}

async function names(): Promise<string[]> {
  try {
    return await privateFiles.list();
  } catch (error) {
    // Storage is blocked, as in some private windows; the room Train reports it.
    if (error instanceof UserError) {
      return [];
    }
    throw error;
  }
}
