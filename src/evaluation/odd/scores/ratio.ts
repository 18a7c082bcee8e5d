// The score `ratio`: bits/dim beyond the bits/dim of a second, more general model.
import { difference, type OddScore } from './contract.ts';

/**
 * −log₂ p(x)/p_other(x), in bits/dim: what both models find hard, such as noise and detail, cancels (Ren and others 2019,
 * Schirrmeister and others 2020).
 */
export const ratio: OddScore = {
  text: 'bits/dim minus those under a second, more general model',
  isResult: true,
  trust: 'It is only as good as the second model is general.',
  needs: 'other model',
  ...difference('bits', 'otherBits'),
};
