// The models that a worker has loaded, each from the files in its folder.
import { type FlowModel, loadModel, UserError } from 'emerging-flows';
import type { Call, Progress } from './calls.ts';
import { keptFile } from './keptModels.ts';

/** Where a model is: the URL of its folder, with a slash at the end, and the names of its files there. */
export interface ModelAddress {
  readonly url: string;
  readonly files: readonly string[];
}

/** The scores of its validation images, which only those who compare with them fetch. */
export const SCORES_FILE = 'scores.json';

/** How many are kept: what is compared, and what was looked at just before. */
const MOST_KEPT = 2;

/** The images that are computed between two looks at whether a call was cancelled; results do not depend on it. */
const BATCH_SIZE = 16;

/** The most bytes of a file, as for `loadModel`. */
const MOST_BYTES = 2 ** 30;

interface Loading {
  readonly model: Promise<FlowModel>;
  /** Calls that wait for it; it is given up when all have been cancelled. */
  readonly waiting: Set<Call>;
}

/** The models by their address, the one used last at the end. */
const kept = new Map<string, Loading>();

/** The model at an address, loaded once. */
export async function modelAt(address: ModelAddress, call: Call): Promise<FlowModel> {
  const key = JSON.stringify(address);
  const loading = kept.get(key) ?? load(key, address);
  kept.delete(key);
  kept.set(key, loading);
  loading.waiting.add(call);
  const leave = new Promise<never>((_, reject) => {
    call.signal.addEventListener('abort', () => reject(call.signal.reason));
  });
  try {
    return await Promise.race([loading.model, leave]);
  } finally {
    loading.waiting.delete(call);
  }
}

function load(key: string, address: ModelAddress): Loading {
  const controller = new AbortController();
  const waiting = new Set<Call>();
  const forget = (): void => {
    if (kept.get(key) === loading) {
      kept.delete(key);
    }
  };
  const onProgress = (progress: Progress): void => {
    for (const { report } of waiting) {
      report(progress);
    }
    if (waiting.size === 0) {
      forget();
      controller.abort();
    }
  };
  const model = fetchFiles(address, controller.signal, onProgress).then((files) =>
    loadModel(files, { batchSize: BATCH_SIZE }),
  );
  const loading = { model, waiting };
  model.catch(forget);
  makeRoom();
  return loading;
}

/** Releases the models that were not used for longest, so that there is room for one more. */
function makeRoom(): void {
  for (const [key, { model }] of [...kept].slice(0, 1 - MOST_KEPT)) {
    kept.delete(key);
    model
      .then((unused) => unused.release())
      .catch(() => {
        // It was never loaded, as its callers know.
      });
  }
}

async function fetchFiles(
  { url, files }: ModelAddress,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Record<string, Uint8Array>> {
  const found: Record<string, Uint8Array> = {};
  for (const name of files.filter((one) => one !== SCORES_FILE)) {
    found[name] =
      (await keptFile(url, name)) ?? (await fetchFile(new URL(name, url), { signal, onProgress }));
  }
  return found;
}

/** How a file is fetched. */
interface FetchFileOptions {
  readonly signal: AbortSignal;
  /** Whether an earlier copy may do. */
  readonly cache?: RequestCache;
  /** The most bytes; default 1 GiB. */
  readonly mostBytes?: number;
  onProgress?(progress: Progress): void;
}

/** Fetches a file of a model; throws Error with a sentence if that fails or it is too large. */
export async function fetchFile(
  url: URL,
  { signal, cache = 'default', mostBytes = MOST_BYTES, onProgress }: FetchFileOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url, { signal, cache }).catch((cause: unknown) => {
    throw signal.aborted
      ? signal.reason
      : new Error(`Cannot reach ${url.host}: is the studio still running?`, { cause });
  });
  if (!response.ok || !response.body) {
    throw new Error(`Cannot load ${decodeURI(url.pathname)}: the server answers ${response.status}.`);
  }
  const length = Number(response.headers.get('content-length'));
  // A compressed transfer says the length of what is sent, not of what arrives.
  const total = length > 0 && !response.headers.has('content-encoding') ? length : undefined;
  let done = 0;
  const requireSmall = (bytes: number): void => {
    if (bytes > mostBytes) {
      throw new Error(
        `${decodeURI(url.pathname)} has more than ${mostBytes / 2 ** 20} MiB: use it in a terminal.`,
      );
    }
  };
  requireSmall(total ?? 0);
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(part, stream) {
      done += part.length;
      requireSmall(done);
      onProgress?.({ done, total, doing: 'Loading the model' });
      stream.enqueue(part);
    },
  });
  return new Uint8Array(await new Response(response.body.pipeThrough(counted)).arrayBuffer());
}

/** How browsers say that a part of the program did not arrive. */
const isUnloaded = /dynamically imported module|importing a module script/i;

/** What went wrong, as a sentence. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) {
    return `This failed: ${error}.`;
  }
  const { message } = error;
  if (error instanceof TypeError && isUnloaded.test(message)) {
    return 'A part of the studio cannot be loaded: is it still running? Then load the page again.';
  }
  // The library's messages begin small, since they follow a name.
  return error instanceof UserError ? `${message.charAt(0).toUpperCase()}${message.slice(1)}.` : message;
}
