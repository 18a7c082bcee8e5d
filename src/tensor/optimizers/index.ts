// Public to other folders: optimisers and the moving average.
export { type AdamaxOptions, adamax } from './adamax.ts';
export { type AdamwOptions, adamw } from './adamw.ts';
export { averageShare, withAverage } from './average.ts';
export {
  type CreateOptimizerOptions,
  createOptimizer,
  type ParameterOptimizer,
  type ParameterOptimizerState,
} from './createOptimizer.ts';
export { type MuonOptions, muon } from './muon.ts';
export {
  defineOptimizer,
  momentNames,
  type Optimizer,
  type OptimizerDefinition,
  type OptimizerKind,
  type RuleKind,
  ruleFor,
  type Tensors,
  type UpdatedParameter,
  type UpdateRule,
} from './optimizer.ts';
export { elementwisePrograms, type Section, updateProgram } from './programs.ts';
export { configuredOptimizer, optimizers } from './registry.ts';
