// The parts that the page offers, with their options, as the module `virtual:parts`: read from their definitions when the page
// is bundled.
import type { PartDefinition, PartRegistry } from '../src/core/parts/index.ts';
import { parts } from '../src/flows/models/index.ts';
import { optionFields } from '../src/runs/settings/configReference.ts';
import { resolveConfig } from '../src/runs/settings/resolve.ts';
import { optimizers } from '../src/tensor/optimizers/index.ts';
import { scores } from '../src/uses/odd/scores/index.ts';
import { curlyApostrophes } from './apostrophes.ts';
import { PAGE_COUPLINGS, PAGE_PRESET } from './work/constants.ts';

/** The source of the module; `virtual.d.ts` describes what it exports. */
export function partsModule(): string {
  const registries: readonly PartRegistry<PartDefinition>[] = [...Object.values(parts), optimizers, scores];
  const menus = Object.fromEntries(
    registries.map(({ key, what, all }) => [key, { what, parts: all.map(menuItem) }]),
  );
  const { model, training } = resolveConfig({ preset: PAGE_PRESET, overrides: { model: PAGE_COUPLINGS } });
  const chosen = registries.flatMap(({ key, names }) => {
    const [section, name] = key.split('.');
    const values: Readonly<Record<string, unknown>> = section === 'model' ? model : training;
    return name === undefined ? [] : [[key, values[name] ?? names[0]]];
  });
  return `export const menus = ${curlyApostrophes(JSON.stringify(menus))};\nexport const chosen = ${JSON.stringify(Object.fromEntries(chosen))};`;
}

/** A part in a menu. Labels and other texts of a kind are in its definition too. */
function menuItem({ kind: _, build: __, module: ___, options, ...texts }: PartDefinition) {
  return { ...texts, options: optionFields(options) };
}
