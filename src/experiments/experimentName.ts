// What an experiment is called: a preset's name stands for its own dataset alone.
import type { Config } from './configSchema.ts';
import { presets } from './presets.ts';

/** Whether a configuration is about the dataset of a preset, and not about other images with its settings. */
export function isOnOwnData(preset: string | null, { data }: Config): boolean {
  return presets.some(({ name, config }) => name === preset && config.data?.name === data.name);
}

/** The dataset without the folder that it lies in: `emoji-32.images`. */
export function dataName({ data }: Config): string {
  return data.name.split(/[/\\]/).findLast((part) => part !== '') ?? '';
}

/** The name of an experiment: that of its preset, or `emoji-32.images, emerging` where its images are others. */
export function experimentName(preset: string | null, config: Config): string {
  return preset !== null && isOnOwnData(preset, config)
    ? preset
    : `${dataName(config)}, ${config.model.mixing}`;
}
