// The models that the studio offers, and the one that the address names.
import { computed, signal } from '@preact/signals';
import type { OfferedModel } from '../src/studio/offeredModel.ts';
import { settings } from './address.ts';
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
    models.value = await response.json();
    modelsProblem.value = undefined;
  } catch (error) {
    modelsProblem.value = `The list of models cannot be loaded: ${(error as Error).message}`;
  }
}

/** Where a model is, for the worker. */
export function addressOf({ path, files }: OfferedModel): ModelAddress {
  // The name of a folder may contain anything.
  const place = path.split('/').map(encodeURIComponent).join('/');
  return { url: new URL(`${place}/`, document.baseURI).href, files };
}
