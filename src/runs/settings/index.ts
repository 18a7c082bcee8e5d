// Public to other folders: configuration and schedule, without presets and YAML.
export { modelOptions } from './config.ts';
export { type Config, type ConfigLayer, MOST_RATE, MOST_STEPS } from './configSchema.ts';
export { checkModelShape, modelFor, requireImageShape } from './modelShape.ts';
export { createSchedule, learningRateAt, type Schedule, withSteps } from './schedule.ts';
export { optionsText, recordedSchema, requireTrainedOptions } from './trainedOptions.ts';
