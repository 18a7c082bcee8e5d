// Definitions of parts that configurations can choose, a function for each kind.

export { defineDequantiser as dequantiser, defineMixing as mixing } from '../../flows/contract/index.ts';
export {
  defineConditioner as conditioner,
  defineMask as mask,
  defineTransformer as transformer,
} from '../../flows/coupling/index.ts';
export { defineFlow as flow } from '../../flows/models/index.ts';
export { definePrior as prior } from '../../flows/priors/index.ts';
export { defineOptimizer as optimizer } from '../../tensor/optimizers/index.ts';
export { defineScore as score } from '../../uses/odd/index.ts';
