// Public to other folders: optimisers and the moving average.
export { adamax } from './adamax.ts';
export { adamw } from './adamw.ts';
export { averageShare, withAverage } from './average.ts';
export { createOptimizer, type ParameterOptimizer, type ParameterOptimizerState } from './createOptimizer.ts';
export { muon } from './muon.ts';
export {
  defineOptimizer,
  momentNames,
  type Optimizer,
  type OptimizerDefinition,
  type OptimizerKind,
  ruleFor,
  type UpdatedParameter,
  type UpdateRule,
} from './optimizer.ts';
export { elementwisePrograms, type Section, updateProgram } from './programs.ts';
export { configuredOptimizer, optimizers } from './registry.ts';
