// Public to other folders: the settings that read or write YAML.
export { type ConfigKey, configKeys, configSchemaText, keyNotes } from './configReference.ts';
export { parseYaml, stringifyConfig } from './configText.ts';
export { type ConfigFile, type ConfigSources, readSetting, readYaml, resolveConfig } from './resolve.ts';
