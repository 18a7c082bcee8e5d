// Optimisers: rules for updating weights from gradients, and how a configuration chooses one.
import {
  type OptionSchemas,
  type OptionValues,
  option,
  type PartDefinition,
  type PartialDefinition,
  positive,
} from '../../core/parts/index.ts';
import type { Shape, Tensor } from '../tensor.ts';

/** Tensors by name. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** The properties of a parameter that select its rule. */
export interface UpdatedParameter {
  /** The lengths of its axes. */
  readonly shape: readonly number[];
  /** Whether it is the kernel of a network, `[…, in, out]`. */
  readonly kernel?: boolean;
  /** The number of channels, if a kernel's columns are grouped by channel, several for each. */
  readonly channels?: number;
}

/** The properties of a rule that checkpoints and memory depend on. */
export interface RuleKind {
  /** Its name; unique within an optimiser. */
  readonly name: string;
  /** The moments it keeps for each weight, as named in checkpoints; all are zero before the first update. */
  readonly moments: readonly string[];
  /**
   * The shape of the items that it updates as wholes and that make up the parameter: `[]` for single numbers,
   * `[rows, columns]` for matrices. Undefined if it leaves the parameter to the next rule.
   */
  itemShape(parameter: UpdatedParameter): Shape | undefined;
}

/**
 * A rule for updating some of the weights from gradients: functions of symbolic tensors, applied one after the other. The
 * tensors are `weights`, `gradients`, the rule's moments and the optimiser's scalars.
 */
export interface UpdateRule extends RuleKind {
  /** Whether `update` also takes `decays`: 1 for weights that decay, 0 for the others. */
  readonly decays?: boolean;
  /** Elementwise: new `gradients` and moments. If missing, they stay unchanged. */
  accumulate?(tensors: Tensors): Tensors;
  /** The direction of each item, `[N, …item]`, which replaces its gradients of the same shape. If missing, they stay. */
  direction?(gradients: Tensor): Tensor;
  /** Elementwise: new `weights`, and moments if `accumulate` is missing. */
  update(tensors: Tensors): Tensors;
}

/** The properties of an optimiser that checkpoints and memory depend on. */
export interface OptimizerKind {
  /** Its name in configurations and checkpoints. */
  readonly name: string;
  /** Its rules: the first that takes a parameter updates it, and the last takes all. */
  readonly rules: readonly RuleKind[];
}

/** The rules for updating weights from gradients, with their options. */
export interface Optimizer extends OptimizerKind {
  readonly rules: readonly UpdateRule[];
  /** The scalars of all rules for update t = 1, 2, … with the schedule's learning rate. */
  scalars(t: number, learningRate: number): Readonly<Record<string, number>>;
}

/** The rule that updates a parameter, and the shape of the items that it updates as wholes. */
export function ruleFor<Rule extends RuleKind>(
  { name, rules }: { readonly name: string; readonly rules: readonly Rule[] },
  parameter: UpdatedParameter,
): { readonly rule: Rule; readonly item: Shape } {
  for (const rule of rules) {
    const item = rule.itemShape(parameter);
    if (item !== undefined) {
      return { rule, item };
    }
  }
  throw new Error(`no rule of ${name} updates a parameter of shape ${parameter.shape.join('x')}`);
}

/** The names of the moments of all rules. */
export function momentNames({ rules }: OptimizerKind): string[] {
  return [...new Set(rules.flatMap(({ moments }) => moments))];
}

/** The rates of a run that an optimiser may depend on. */
interface RunRates {
  /** The steps of an epoch. */
  readonly stepsPerEpoch: number;
  /** The learning rate between warm-up and decay. */
  readonly learningRate: number;
}

/** An optimiser that configurations can choose. */
export interface OptimizerDefinition<Schemas extends OptionSchemas = OptionSchemas>
  extends PartDefinition<Schemas>,
    OptimizerKind {
  readonly kind: 'optimizer';
  /** The names of its options that are learning rates, besides the run's. */
  readonly learningRates?: readonly string[];
  /** The optimiser with these options, for a run with these rates. */
  build(options: OptionValues<Schemas>, rates: RunRates): Optimizer;
}

/** Defines an optimiser. A resume may change its options. */
export function defineOptimizer<Schemas extends OptionSchemas = Record<never, never>>(
  definition: PartialDefinition<OptimizerDefinition<Schemas>>,
): OptimizerDefinition<Schemas> {
  return { options: {} as Schemas, ...definition, kind: 'optimizer' };
}

/** ε, an option of all optimisers. */
export const epsilonOption = option(
  "Added to the divisor of a step, the gradient's running size, so that tiny gradients give tiny steps.",
  positive(1),
  1e-8,
);

/** The shape of the items of a rule for single numbers, which takes all parameters. */
export function singleNumbers(): Shape {
  return [];
}
