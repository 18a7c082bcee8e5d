// Keys of a configuration that none of the model's parts uses.
import {
  type ModelOptions,
  modelDefaults,
  nameOf,
  optionsUsedBy,
  usersOf,
} from '../../flows/models/index.ts';

/**
 * The keys of `model` that differ from their defaults and that no part of the model uses, as warnings. They are not errors:
 * models that differ in one part alone can share a configuration.
 *
 * @throws UserError if a part is not registered
 */
export function unusedKeyWarnings(model: ModelOptions): string[] {
  const used = optionsUsedBy(model);
  return Object.entries(model).flatMap(([key, value]) => {
    const [users] = usersOf(key);
    const isSet = value !== undefined && value !== modelDefaults[key as keyof typeof modelDefaults];
    if (users === undefined || !isSet || used.has(key)) {
      return [];
    }
    const [part, names] = users;
    return [
      `model.${key} has no effect: model.${part} is ${nameOf(part, model)}, and only ${names.join(', ')} ${names.length === 1 ? 'uses' : 'use'} it`,
    ];
  });
}
