// The models that the studio offers, and the one that the address names.
import { computed, signal } from '@preact/signals';
import type { OfferedModel } from '../src/studio/offeredModel.ts';
import { settings } from './address.ts';
import { compute } from './work/compute.ts';
import type { ModelAddress } from './work/models.ts';

export type { OfferedModel } from '../src/studio/offeredModel.ts';

/** The offered models; undefined until they are known. */
export const models = signal<readonly OfferedModel[] | undefined>(undefined);

/** Why they are not known, as a sentence. */
export const modelsProblem = signal<string | undefined>(undefined);

/** The path of the chosen model: the one in the address, or the first that can be used. */
export const chosenPath = computed(
  () => settings.value.model ?? models.value?.find(({ problem }) => problem === null)?.path,
);

/** The chosen model; undefined if it is not offered. */
export const chosenModel = computed(() => models.value?.find(({ path }) => path === chosenPath.value));

/** Asks which models there are. */
export async function findModels(): Promise<void> {
  try {
    const response = await fetch(new URL('models.json', document.baseURI), { cache: 'no-store' });
    if (!response.ok) {
      throw new Error(`the server answers ${response.status}: ${(await response.text()).trim()}`);
    }
    const offered: OfferedModel[] = await response.json();
    // Those of this browser take a moment; what needs none of them does not wait.
    if (!settings.value.model?.startsWith(KEPT)) {
      models.value = [...offered, ...(models.value ?? []).filter(({ path }) => path.startsWith(KEPT))];
    }
    models.value = [...offered, ...(await modelsOfThisBrowser())];
    modelsProblem.value = undefined;
  } catch (error) {
    modelsProblem.value = `The list of models cannot be loaded: ${(error as Error).message}`;
  }
}

/** The path of models that were trained in this browser begins so. */
const KEPT = 'browser/';

/** Where they are, for the worker, by path. */
const places = new Map<string, string>();

async function modelsOfThisBrowser(): Promise<OfferedModel[]> {
  const kept = await compute('keptModels', undefined as never);
  return kept.map(({ name, url, files, step }) => {
    const path = KEPT + name;
    places.set(path, url);
    return { path, kind: 'run', files, preset: null, data: null, step, test: null, problem: null };
  });
}

/** Where a model is, for the worker. */
export function addressOf({ path, files }: OfferedModel): ModelAddress {
  const kept = places.get(path);
  if (kept !== undefined) {
    return { url: kept, files };
  }
  // The name of a folder may contain anything.
  const place = path.split('/').map(encodeURIComponent).join('/');
  return { url: new URL(`${place}/`, document.baseURI).href, files };
}
