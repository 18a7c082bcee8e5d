// Starting runs, and showing them.
import type { Pictures } from '../../work/pictures.ts';
import { begin, findKept, threadsFor, trainings } from './trainings.ts';
import { createConfig, freeName, type TrainSettings } from './trainSettings.ts';

/** The models to train: one, or two that race. */
export function chosenModels({ model, rival }: TrainSettings) {
  return rival ? [model, rival] : [model];
}

/**
 * Starts a run for each model, and scrolls to them.
 *
 * @param minutes a time budget, in place of the number of steps
 */
export async function startRuns(
  settings: TrainSettings,
  pictures: Pictures,
  minutes?: number,
): Promise<void> {
  const models = chosenModels(settings);
  await findKept();
  // Computed before any run starts, so that they share the machine from the start.
  const threads = threadsFor(models.length);
  for (const model of models) {
    const names = trainings.value.map(({ name }) => name);
    begin(freeName(model, names), pictures, threads, { config: createConfig(settings, model), minutes });
  }
  // Once they are in the page.
  requestAnimationFrame(() => document.querySelector('.train-list')?.scrollIntoView());
}
