// Names of experiments: a preset's name applies only to its own dataset.
import { partName } from '../../core/parts/index.ts';
import { flows } from '../../flows/models/index.ts';
import type { Config } from './configSchema.ts';
import { presets } from './presets.ts';

/** Whether a configuration uses the dataset of a preset, rather than other images with its settings. */
export function isOnOwnData(preset: string | null, { data }: Config): boolean {
  return presets.some(({ name, config }) => name === preset && config.data?.name === data.name);
}

/** The name of the dataset without its folder: `emoji-32.images`. */
export function dataName({ data }: Config): string {
  return lastPart(data.name);
}

/** A name or path without the folders above. */
export function lastPart(path: string): string {
  return path.split(/[/\\]/).findLast((part) => part !== '') ?? '';
}

/** The name of a flow: its own if a user defined it, or its mixing's for the library's flows. */
export function flowName({ model: { flow, mixing } }: Config): string {
  const name = flow && partName(flow);
  return name === undefined || flows.isOfLibrary(name) ? partName(mixing) : name;
}

/** The name of an experiment: its preset's, or `emoji-32.images, emerging` if it uses other images. */
export function experimentName(preset: string | null, config: Config): string {
  return preset !== null && isOnOwnData(preset, config) ? preset : `${dataName(config)}, ${flowName(config)}`;
}
