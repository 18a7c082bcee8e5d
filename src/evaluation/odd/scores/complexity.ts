// The score `complexity`: bits/dim beyond the code length of a general lossless coder.
import { difference, type OddScore } from './contract.ts';

/**
 * bits(x) − code(x), in bits/dim, with the code length of a coder that knows no images (`codeLength`): what is complex for
 * the model though simple in itself is odd (Serrà and others, ICLR 2020).
 */
export const complexity: OddScore = {
  text: 'bits/dim minus those of a general lossless coder',
  isResult: true,
  trust: 'Noisy, blurred or compressed images look typical, or more than typical.',
  ...difference('bits', 'code'),
};
