// Loading models in a worker, and keeping the last ones.
import { type FlowModel, type ImageShape, loadModel, UserError } from 'emerging-flows';
import { curlyApostrophes } from '../apostrophes.ts';
import { type Call, type Progress, workOptions } from './calls.ts';
import { keptFile, SCORES_FILE } from './keptModels.ts';

/** A model's location: its folder's URL with a final slash, and its files' names. */
export interface ModelAddress {
  readonly url: string;
  readonly files: readonly string[];
}

/** The number kept: the current model and the previous one. */
const MOST_KEPT = 2;

/** Images per batch: small, so that calls are cancelled quickly. Results don't depend on it. */
const BATCH_SIZE = 16;

/** The largest file, as for `loadModel`. */
const MOST_BYTES = 2 ** 30;

interface Loading {
  readonly model: Promise<FlowModel>;
  /** The calls waiting for it; loading stops when all are cancelled. */
  readonly waiting: Set<Call>;
}

/** Models by address, in order of last use. */
const loadings = new Map<string, Loading>();

/** The model at an address, loaded once. */
export async function modelAt(address: ModelAddress, call: Call): Promise<FlowModel> {
  const key = JSON.stringify(address);
  const loading = loadings.get(key) ?? load(key, address);
  loadings.delete(key);
  loadings.set(key, loading);
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
    if (loadings.get(key) === loading) {
      loadings.delete(key);
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
  freeOldest();
  return loading;
}

/** Frees the programs of the least recently used models, to make room for one more; a task may still use them. */
function freeOldest(): void {
  for (const [key, { model }] of [...loadings].slice(0, 1 - MOST_KEPT)) {
    loadings.delete(key);
    model
      .then((unused) => unused.freePrograms())
      .catch(() => {
        // Loading failed, which its callers have reported.
      });
  }
}

async function fetchFiles(
  { url, files }: ModelAddress,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Record<string, Uint8Array>> {
  const contents: Record<string, Uint8Array> = {};
  for (const name of files.filter((file) => file !== SCORES_FILE)) {
    contents[name] =
      (await keptFile(url, name)) ?? (await fetchFile(new URL(name, url), { signal, onProgress }));
  }
  return contents;
}

/** Options of `fetchFile`. */
interface FetchFileOptions {
  readonly signal: AbortSignal;
  /** Whether to use the browser's cache. */
  readonly cache?: RequestCache;
  /** The size limit in bytes; default 1 GiB. */
  readonly mostBytes?: number;
  onProgress?(progress: Progress): void;
}

/**
 * Fetches a file of a model.
 *
 * @throws Error with a sentence if that fails or the file is too large
 */
export async function fetchFile(
  url: URL,
  { signal, cache = 'default', mostBytes = MOST_BYTES, onProgress }: FetchFileOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url, { signal, cache }).catch((cause: unknown) => {
    throw signal.aborted
      ? signal.reason
      : new Error(`Can’t reach ${url.host}: is the studio still running?`, { cause });
  });
  if (response.status === 404 && url.pathname.includes('/checkpoints/')) {
    // Training deletes earlier checkpoints.
    throw new Error(`${decodeURI(url.pathname)} is no longer there: reload the page.`);
  }
  if (!response.ok || !response.body) {
    throw new Error(`Can’t load ${decodeURI(url.pathname)}: the server returned ${response.status}.`);
  }
  const length = Number(response.headers.get('content-length'));
  // For compressed transfers, content-length is the compressed size.
  const total = length > 0 && !response.headers.has('content-encoding') ? length : undefined;
  let done = 0;
  const requireSmall = (bytes: number): void => {
    if (bytes > mostBytes) {
      throw new Error(
        `${decodeURI(url.pathname)} exceeds ${mostBytes / 2 ** 20} MiB: use the model in a terminal.`,
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

/** Browsers' messages when a script fails to load. */
const isUnloaded = /dynamically imported module|importing a module script/i;

/** An error as a sentence. */
export function errorSentence(error: unknown): string {
  if (!(error instanceof Error)) {
    return `Unexpected error: ${error}.`;
  }
  const { message } = error;
  if (error instanceof TypeError && isUnloaded.test(message)) {
    return 'Part of the studio failed to load. If it is still running, reload the page.';
  }
  // The library's messages start in lower case and have no full stop.
  return error instanceof UserError
    ? `${message.charAt(0).toUpperCase()}${curlyApostrophes(message.slice(1))}.`
    : message;
}

/** What a model returns: values of one of several kinds. */
type Values = Awaited<ReturnType<FlowModel['sample']>>;

/** 8-bit images, concatenated. */
export interface Images {
  readonly pixels: Uint8Array;
  readonly shape: ImageShape;
}

/**
 * The pixels of an 8-bit model.
 *
 * @throws UserError (`unsupported`) if the model has other values
 */
export function eightBit(values: Values): Uint8Array {
  if (!(values instanceof Uint8Array)) {
    throw new UserError(
      'unsupported',
      'this page shows models of 8-bit images: use this one with the command line or the library',
    );
  }
  return values;
}

/**
 * The named class if the model has it, otherwise the image's most probable one, as in `emerging encode`; undefined for
 * models without classes.
 */
export async function codingClass(
  model: FlowModel,
  pixels: Uint8Array,
  name: string,
  call: Call,
): Promise<string | undefined> {
  if (model.classes.length === 0 || model.classes.includes(name)) {
    return model.classes.length === 0 ? undefined : name;
  }
  const following = workOptions(call, 'Finding the class');
  const [classified] = await model.classify(pixels, { noiseByContent: true, ...following });
  return classified!.class;
}
