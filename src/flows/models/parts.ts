// The parts of a model by the options that choose them, for code that treats all kinds the same.
import { conditioners, masks, transformers } from './couplings.ts';
import { flows } from './flowRegistry.ts';
import { mixingParts } from './mixing.ts';
import type { NamedPart, PartRegistry } from './partRegistry.ts';
import { priors } from './priors.ts';

/** The model options that choose a part. */
export type PartKey = 'flow' | 'mixing' | 'coupling' | 'conditioner' | 'mask' | 'prior';

/** What can be asked of the parts of any kind. */
type AnyParts = Pick<
  PartRegistry<NamedPart>,
  'names' | 'find' | 'has' | 'isOfLibrary' | 'moduleOf' | 'usersOf' | 'unknown'
>;

/** The registries by model option. */
export const parts: Readonly<Record<PartKey, AnyParts>> = {
  flow: flows,
  mixing: mixingParts,
  coupling: transformers,
  conditioner: conditioners,
  mask: masks,
  prior: priors,
};

/** The parts that a model names. */
export type PartChoice = { readonly [Key in PartKey]?: string };

/** The model options that choose a part. */
export const partKeys = Object.keys(parts) as PartKey[];

/** The name of a model's part, or of the default one. */
export function nameOf(key: PartKey, options: PartChoice): string {
  return options[key] ?? parts[key].names[0]!;
}

/**
 * The parts of a model, as option and name: its flow, and the parts that the flow uses. The library's flow uses all; a
 * user's own lists the options that choose them.
 */
function chosen(options: PartChoice): [PartKey, string][] {
  const flow = nameOf('flow', options);
  const used = flows.isOfLibrary(flow) ? partKeys : ['flow', ...(flows.find(flow).options ?? [])];
  return partKeys.flatMap((key) => (used.includes(key) ? [[key, nameOf(key, options)]] : []));
}

/** The URLs of the modules that register the parts of a model; the library's have none. */
export function modulesOf(options: PartChoice): string[] {
  return [...new Set(chosen(options).flatMap(([key, name]) => parts[key].moduleOf(name) ?? []))];
}

/** The parts of a model that the library lacks, as `mixing 'mine'`. */
export function foreignParts(options: PartChoice): string[] {
  return chosen(options).flatMap(([key, name]) =>
    parts[key].isOfLibrary(name) ? [] : [`${key} ${JSON.stringify(name)}`],
  );
}

/** The library's parts that use a model option, by the options that choose them; every flow of the library uses all. */
export function usersOf(option: string): [PartKey, string[]][] {
  return partKeys.flatMap((key): [PartKey, string[]][] => {
    const users = key === 'flow' ? [] : parts[key].usersOf(option);
    return users.length > 0 ? [[key, users]] : [];
  });
}

/** The model options that at least one of the parts that a model names uses. */
export function optionsUsedBy(options: PartChoice): ReadonlySet<string> {
  return new Set(
    chosen(options).flatMap(([key, name]) =>
      // Of the options of the library's flow, the parts it is made of use the rest.
      key === 'flow' && parts[key].isOfLibrary(name)
        ? [key]
        : [key, ...(parts[key].find(name).options ?? [])],
    ),
  );
}
