// The parts of a model by the options that choose them.
import type { PartChoice, PartDefinition, PartRegistry } from '../../core/parts/index.ts';
import { flows } from './flowRegistry.ts';
import { innerParts } from './options.ts';

/** The model options that choose a part. */
export type PartKey = 'flow' | keyof typeof innerParts;

/** The parts that options of a model choose, by option. */
export const parts: Readonly<Record<PartKey, PartRegistry<PartDefinition>>> = { flow: flows, ...innerParts };

/** The model options that choose a part. */
export const partKeys = Object.keys(parts) as PartKey[];

/** The parts that a model names. */
export type ModelParts = { readonly [Key in PartKey]?: PartChoice };

/**
 * The parts of a model, as option and name: its flow, and the parts that the flow uses. The library's flow uses all; a
 * user's own lists the options that choose them.
 */
function chosen(options: ModelParts): [PartKey, string][] {
  const chosenName = (key: PartKey): string => parts[key].chosenName(options[key]);
  const used: readonly string[] = ['flow', ...(flows.find(chosenName('flow')).uses ?? [])];
  return partKeys.flatMap((key) => (used.includes(key) ? [[key, chosenName(key)]] : []));
}

/** The parts of a model that the library lacks. */
function foreign(options: ModelParts): [PartKey, string][] {
  return chosen(options).filter(([key, name]) => !parts[key].isOfLibrary(name));
}

/** The URLs of the modules of a model's parts, which threads import; the library's have none. */
export function partModules(options: ModelParts): string[] {
  return [...new Set(foreign(options).flatMap(([key, name]) => parts[key].find(name).module ?? []))];
}

/** The parts of a model that no thread can import, as `mixing 'mine'`. */
export function partsWithoutModule(options: ModelParts): string[] {
  return foreign(options)
    .filter(([key, name]) => parts[key].find(name).module === undefined)
    .map(partText);
}

/** The parts of a model that the library lacks, as `mixing 'mine'`. */
export function foreignParts(options: ModelParts): string[] {
  return foreign(options).map(partText);
}

function partText([key, name]: [PartKey, string]): string {
  return `${key} ${JSON.stringify(name)}`;
}
