// Public to other folders: definitions of parts, their options, and registries of parts.
export {
  type CompletePart,
  changedPart,
  isDefinition,
  type PartChoice,
  type PartDefinition,
  type PartialDefinition,
  type PartSettings,
  partName,
  partOptions,
} from './definition.ts';
export { clip, explainIssue, show } from './issues.ts';
export {
  choice,
  describeOptions,
  fraction,
  numberFrom,
  type OptionFacts,
  type OptionSchemas,
  type OptionValues,
  oddNumber,
  option,
  positive,
  rangeText,
  wholeNumber,
} from './options.ts';
export { PartRegistry, registerExports, registerPart, registerParts } from './registry.ts';
