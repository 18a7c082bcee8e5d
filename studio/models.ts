// The available models, and the chosen one.
import { computed, signal } from '@preact/signals';
import type { OfferedModel as ListedModel } from '../src/app/studioServer/lists.ts';
import { settings } from './address.ts';
import { compute } from './work/connections.ts';
import type { ModelAddress } from './work/models.ts';

/** A model in the menu: of the server's list, or trained in this browser. */
export interface OfferedModel extends ListedModel {
  /** Where workers find a model of this browser; absent for others. */
  readonly url?: string;
}

/** The available models; undefined until loaded. */
export const models = signal<readonly OfferedModel[] | undefined>(undefined);

/** Why the list couldn't be loaded, as a sentence. */
export const modelsProblem = signal<string | undefined>(undefined);

/** The path of `fastModel`. */
const FAST = 'models/mnist-small';

/** The bundled model whose samples are fast; undefined until the list is loaded. */
export const fastModel = computed(() =>
  models.value?.find(({ path, problem }) => path === FAST && problem === null),
);

/** The chosen model's path: from the address, otherwise the fast one, or the first usable one. */
export const chosenPath = computed(() => {
  const usable = models.value?.filter(({ problem }) => problem === null);
  return settings.value.model ?? (fastModel.value ?? usable?.[0])?.path;
});

/** The chosen model; undefined if it isn't in the list. */
export const chosenModel = computed(() => models.value?.find(({ path }) => path === chosenPath.value));

let isOpen = false;

/** Starts the worker, and loads the list of models, when something first needs a model. */
export function openModels(): void {
  if (!isOpen) {
    isOpen = true;
    compute.start();
    findModels();
  }
}

/** Loads the list of models; the browser's own are listed even if the server doesn't answer. */
export async function findModels(): Promise<void> {
  const isKept = ({ path }: OfferedModel): boolean => path.startsWith(KEPT);
  let offered = models.value?.filter((model) => !isKept(model)) ?? [];
  let problem: string | undefined;
  try {
    offered = await fetchModels();
    // The browser's own models take a moment to list; don't wait unless one of them is chosen.
    if (!settings.value.model?.startsWith(KEPT)) {
      models.value = [...offered, ...(models.value ?? []).filter(isKept)];
    }
  } catch (error) {
    problem = `Can’t load the list of models: ${(error as Error).message}`;
  }
  try {
    models.value = [...offered, ...(await modelsOfThisBrowser())];
  } catch (error) {
    problem ??= `Can’t list the models of this browser: ${(error as Error).message}`;
  }
  modelsProblem.value = problem;
}

async function fetchModels(): Promise<OfferedModel[]> {
  const response = await fetch(new URL('models.json', document.baseURI), { cache: 'no-store' });
  const text = (await response.text()).trim();
  const isPage = text.startsWith('<');
  if (!response.ok) {
    throw new Error(`the server returned ${response.status}${isPage || text === '' ? '' : `: ${text}`}`);
  }
  if (isPage) {
    throw new Error('the server returned a page in place of models.json');
  }
  return JSON.parse(text);
}

/** The prefix of the paths of models trained in this browser. */
const KEPT = 'browser/';

/** The workers' URLs of these models, by path. */
const workerUrls = new Map<string, string>();

/** Counts models that were removed: another with the same path gets another URL, because workers keep models by URL. */
let removalCount = 0;

async function modelsOfThisBrowser(): Promise<OfferedModel[]> {
  const stored = await compute('keptModels', undefined as never);
  for (const path of workerUrls.keys()) {
    if (!stored.some(({ name }) => KEPT + name === path)) {
      workerUrls.delete(path);
      removalCount++;
    }
  }
  return stored.map(({ name, url, files, step }) => {
    const path = KEPT + name;
    workerUrls.set(path, workerUrls.get(path) ?? `${url}${removalCount}/`);
    return {
      path,
      url: workerUrls.get(path)!,
      kind: 'run',
      files,
      preset: null,
      data: null,
      step,
      test: null,
      problem: null,
    };
  });
}

/** A text that changes with a model's files: work depends on it, as a run gets later checkpoints. */
export function modelKey(model: OfferedModel): string {
  return JSON.stringify(modelAddress(model));
}

/** A model's address for the worker. */
export function modelAddress({ path, url, files }: OfferedModel): ModelAddress {
  if (url !== undefined) {
    return { url, files };
  }
  // Folder names may contain any character.
  const urlPath = path.split('/').map(encodeURIComponent).join('/');
  return { url: new URL(`${urlPath}/`, document.baseURI).href, files };
}
