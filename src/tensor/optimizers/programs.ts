// The programs of an update: whole, or in the parts that the host runs.
import { concatenate, reshape, slice } from '../operations/index.ts';
import {
  elementCount,
  input,
  OPEN_BATCH,
  type ProgramDefinition,
  type Shape,
  type Tensor,
  withoutUnused,
} from '../tensor.ts';
import type { Optimizer, Tensors, UpdateRule } from './optimizer.ts';

/** Consecutive items of one shape in the vectors of an update. */
export interface Section {
  /** The rule that updates them. */
  readonly rule: UpdateRule;
  /** The shape of an item. */
  readonly item: Shape;
  /** How many there are. */
  readonly count: number;
}

/**
 * The program of an update of vectors that consist of sections in this order. Inputs: `weights`, `gradients`, the moments
 * and `decays`, without the sections whose rules don't take them, and the optimiser's scalars. Outputs: the new `weights`
 * and moments under the same names.
 *
 * @param sections by default any number of single numbers, updated by the first rule
 */
export function updateProgram(
  optimizer: Optimizer,
  sections: readonly Section[] = [{ rule: optimizer.rules[0]!, item: [], count: OPEN_BATCH }],
): ProgramDefinition {
  const lengths = new Map<string, number>();
  const ranges = sections.map(({ rule, item, count }) => {
    const size = count * elementCount(item);
    return vectorNames(rule).map((name) => {
      const start = lengths.get(name) ?? 0;
      lengths.set(name, start + size);
      return { name, start, end: start + size };
    });
  });
  const vectors = Object.fromEntries([...lengths].map(([name, length]) => [name, input(name, [length])]));
  const scalars = scalarInputs(optimizer);
  const parts: Record<string, Tensor[]> = {};
  for (const [index, section] of sections.entries()) {
    const tensors = ranges[index]!.map(({ name, start, end }): [string, Tensor] => {
      const vector = vectors[name]!;
      const isWhole = start === 0 && end === vector.shape[0];
      return [name, isWhole ? vector : slice(vector, 0, start, end)];
    });
    const updated = updateSection(section, { ...Object.fromEntries(tensors), ...scalars });
    for (const [name, tensor] of Object.entries(updated)) {
      parts[name] = [...(parts[name] ?? []), tensor];
    }
  }
  return withoutUnused({
    inputs: { ...scalars, ...vectors },
    outputs: Object.fromEntries(
      Object.entries(parts).map(([name, [first, ...others]]) => [
        name,
        others.length === 0 ? first! : concatenate([first!, ...others], 0),
      ]),
    ),
  });
}

/** The new weights and moments of a section. */
function updateSection({ rule, item, count }: Section, tensors: Tensors): Tensors {
  const { gradients = tensors.gradients!, ...moments } = rule.accumulate?.(tensors) ?? {};
  const direction = rule.direction
    ? reshape(rule.direction(reshape(gradients, [count, ...item])), gradients.shape)
    : gradients;
  return { ...moments, ...rule.update({ ...tensors, ...moments, gradients: direction }) };
}

/**
 * The elementwise programs of a rule over vectors of any length, in order. A rule without a direction has one; otherwise
 * the direction replaces the gradients before the last.
 */
export function elementwisePrograms(optimizer: Optimizer, rule: UpdateRule): readonly ProgramDefinition[] {
  if (!rule.direction) {
    return [updateProgram({ ...optimizer, rules: [rule] })];
  }
  const vectors = Object.fromEntries(vectorNames(rule).map((name) => [name, input(name, [OPEN_BATCH])]));
  const inputs = { ...scalarInputs(optimizer), ...vectors };
  return [...(rule.accumulate ? [rule.accumulate(inputs)] : []), rule.update(inputs)].map((outputs) =>
    withoutUnused({ inputs, outputs }),
  );
}

/** The vectors that a rule takes. */
export function vectorNames({ moments, decays }: UpdateRule): string[] {
  return ['weights', 'gradients', ...moments, ...(decays ? ['decays'] : [])];
}

function scalarInputs({ scalars }: Optimizer): Record<string, Tensor> {
  return Object.fromEntries(Object.keys(scalars(1, 1)).map((name) => [name, input(name, [])]));
}
