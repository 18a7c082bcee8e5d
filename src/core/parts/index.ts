// Public to other folders: definitions of parts, their options, and registries of parts.
export {
  type CompletePart,
  changedPart,
  choice,
  describeOptions,
  fraction,
  isDefinition,
  numberFrom,
  type OptionFacts,
  type OptionSchemas,
  type OptionValues,
  oddNumber,
  option,
  type PartChoice,
  type PartDefinition,
  type PartialDefinition,
  type PartSettings,
  partName,
  partOptions,
  positive,
  rangeText,
  wholeNumber,
} from './definition.ts';
export { clip, explainIssue, show } from './issues.ts';
export { PartRegistry, registerExports, registerPart, registerParts } from './registry.ts';
