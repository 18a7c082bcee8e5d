// Chosen parts and their options in the address: `coupling=spline`, `coupling.bins=4`.
import { chosen, menus, type OptionField, type PartItem } from 'virtual:parts';
import { numberIn, wholeIn } from '../../numbers.ts';
import type { SettingsReader } from '../../readSettings.ts';

/** A chosen part. */
export interface PartSetting {
  readonly item: PartItem;
  /** All its options. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** The keys of the parts that are chosen like the mixing, if there is something to choose, each with its name in the address. */
export const otherParts: readonly (readonly [menuKey: string, key: string])[] = Object.entries(menus)
  .filter(([, { parts }]) => parts.length > 1 || parts.some(({ options }) => options.length > 0))
  .map(([menuKey]) => [menuKey, menuKey.split('.')[1] ?? ''] as const)
  .filter(([menuKey, key]) => key !== '' && menuKey !== 'model.mixing');

/**
 * The part in an address; impossible names and values get those of the preset.
 *
 * @param key its name in the address
 */
export function partIn({ read }: SettingsReader, menuKey: string, key: string): PartSetting {
  const { parts } = menus[menuKey]!;
  const usual = partName(menuKey);
  const partNamed = (text: string) => parts.find(({ name }) => name === text);
  const item = read(key, partNamed, partNamed(usual)!);
  return {
    item,
    options: Object.fromEntries(
      item.options.map((field) => [
        field.name,
        read(`${key}.${field.name}`, (text) => valueIn(text, field), startValue(menuKey, item, field)),
      ]),
    ),
  };
}

/** A part as a configuration has it, without what it shares with the preset; undefined if that is all. */
export function partLayer(
  menuKey: string,
  { item, options }: PartSetting,
): { readonly name: string; readonly [option: string]: unknown } | undefined {
  const changed = item.options.filter((field) => options[field.name] !== startValue(menuKey, item, field));
  return item.name === partName(menuKey) && changed.length === 0
    ? undefined
    : { name: item.name, ...Object.fromEntries(changed.map(({ name }) => [name, options[name]])) };
}

/** The value of an option unless it is changed: the preset's if that chooses the part, else its default. */
export function startValue(menuKey: string, { name }: PartItem, field: OptionField): unknown {
  const usual = chosen[menuKey];
  const preset = typeof usual === 'object' && usual.name === name ? usual[field.name] : undefined;
  return preset ?? field.default;
}

function partName(menuKey: string): string {
  const usual = chosen[menuKey]!;
  return typeof usual === 'string' ? usual : usual.name;
}

/** The value in a text; undefined if it is impossible. */
function valueIn(text: string | undefined, { kind, choices, ...limits }: OptionField): unknown {
  const { least, most, excluded } = numberLimits(limits);
  switch (kind) {
    case 'whole':
      return wholeIn(text, least, most, excluded);
    case 'number':
      return numberIn(text, least, most, excluded);
    case 'choice':
      return choices!.find((name) => name === text);
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    default:
      return undefined;
  }
}

/** The limits of a number. */
export function numberLimits({
  least = Number.MIN_SAFE_INTEGER,
  most = Number.MAX_SAFE_INTEGER,
  excluded = [],
}: Pick<OptionField, 'least' | 'most' | 'excluded'>) {
  return { least, most, excluded };
}
