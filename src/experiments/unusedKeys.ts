// Keys of a configuration that say something about another mixing than the one it has.
import { mixingsWith } from '../models/mixing.ts';
import { optionsOfMixing } from '../models/ownMixings.ts';
import { defaults } from './config.ts';
import type { Config } from './configSchema.ts';

/**
 * The keys of `model` that have another value than by default and that the mixing does not use, as warnings. They are not
 * errors: models that differ in their mixing alone can have one configuration.
 *
 * @throws UserError if there is no such mixing
 */
export function unusedKeyWarnings(model: Config['model']): string[] {
  const used: readonly string[] = optionsOfMixing(model.mixing);
  return Object.entries(model).flatMap(([key, value]) => {
    const owners = mixingsWith(key);
    const isSet = value !== undefined && value !== defaults.model?.[key as keyof Config['model']];
    return owners.length > 0 && isSet && !used.includes(key)
      ? [
          `model.${key} has no effect: model.mixing is ${model.mixing}, and only ${owners.join(', ')} ${owners.length === 1 ? 'uses' : 'use'} it`,
        ]
      : [];
  });
}
