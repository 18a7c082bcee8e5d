import { expect, it } from 'vitest';
import type { ConditionComponent } from '../../models/condition.ts';
import { Glow } from '../../models/glow.ts';
import type { ModelOptions } from '../../models/options.ts';
import { sampleCommand } from './cardCommands.ts';

const modelOf = (options: Partial<ModelOptions>) =>
  new Glow([4, 4, 1], { levels: 1, depth: 1, width: 4, mixing: '1x1', ...options });
const numbers = (...names: string[]): ConditionComponent[] =>
  names.map((name) => ({ name, mean: 0.3049, deviation: 1 }));

it('commands give a model its condition: numbers near the mean, or a file', () => {
  const given = (condition: readonly ConditionComponent[]) =>
    /sample \.(.*) --temperature/.exec(sampleCommand(modelOf({ condition })))![1];
  expect(sampleCommand(modelOf({}))).toBe('npx emerging sample . --temperature 0.8 --out samples.png');
  expect(given(numbers('omega', 'sigma8'))).toBe(' --condition omega=0.3 --condition sigma8=0.3');
  const file = ' --condition conditions.npz';
  expect(given([...numbers('omega'), { name: 'low', mean: 0, deviation: 1, image: true }])).toBe(file);
  expect(given(numbers('a', 'b', 'c', 'd', 'e'))).toBe(file);
  expect(given(numbers('$(id)'))).toBe(file);
});
