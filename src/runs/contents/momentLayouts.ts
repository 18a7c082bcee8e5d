// The layouts of an optimiser's moments, which not all parameters have.
import type { ParameterLayout } from '../../flows/models/index.ts';
import { momentNames, type OptimizerKind, ruleFor } from '../../tensor/optimizers/index.ts';

/** The layout of each moment of an optimiser, by name: the trained parameters that have this moment, packed as in `layout`. */
export function momentLayouts(
  layout: ParameterLayout,
  optimizer: OptimizerKind,
): Readonly<Record<string, ParameterLayout>> {
  return Object.fromEntries(
    momentNames(optimizer).map((moment) => [
      moment,
      layout.filter((spec) => spec.trained && ruleFor(optimizer, spec).rule.moments.includes(moment)),
    ]),
  );
}
