// The layout of the arrays that an optimiser updates: parameters that a rule updates together are packed together.
import { ParameterLayout } from '../../models/parameterLayout.ts';
import { sizeOf } from '../../numeric/ndarray.ts';
import { type Optimizer, ruleFor } from '../../optimizers/optimizer.ts';
import type { Section } from '../../optimizers/programs.ts';

/** The layout with a part for the items of each rule and shape; without parts if the optimiser has one rule. */
export function updateLayout(
  { specs }: ParameterLayout,
  packing: ConstructorParameters<typeof ParameterLayout>[1],
  optimizer: Optimizer,
): ParameterLayout {
  const parts = Object.entries(specs).flatMap(([path, spec]) => {
    const { rule, item } = ruleFor(optimizer, spec);
    return rule === optimizer.rules.at(-1) || !spec.trained ? [] : [[path, `${rule.name} ${item.join('x')}`]];
  });
  return new ParameterLayout(specs, packing, Object.fromEntries(parts));
}

/** The sections of a group of that layout. */
export function sectionsIn(layout: ParameterLayout, group: string, optimizer: Optimizer): Section[] {
  const sections: Section[] = [];
  for (const path of layout.pathsIn(group)) {
    const spec = layout.specs[path]!;
    const { rule, item } = ruleFor(optimizer, spec);
    const count = sizeOf(spec.shape) / sizeOf(item);
    const last = sections.at(-1);
    if (last?.rule === rule && last.item.join() === item.join()) {
      sections[sections.length - 1] = { rule, item, count: last.count + count };
    } else {
      sections.push({ rule, item, count });
    }
  }
  return sections;
}
