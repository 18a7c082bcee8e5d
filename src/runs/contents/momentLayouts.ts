// How the moments of an optimiser are laid out: it keeps some of them for some of the parameters only.
import type { ParameterLayout } from '../../models/parameterLayout.ts';
import { momentNames, type OptimizerKind, ruleFor } from '../../optimizers/optimizer.ts';

/** The layouts of an optimiser's moments by name: of the trained parameters that it keeps a moment for, packed as in `layout`. */
export function momentLayouts(
  layout: ParameterLayout,
  optimizer: OptimizerKind,
): Readonly<Record<string, ParameterLayout>> {
  return Object.fromEntries(
    momentNames(optimizer).map((moment) => [
      moment,
      layout.only((spec) => spec.trained && ruleFor(optimizer, spec).rule.moments.includes(moment)),
    ]),
  );
}
