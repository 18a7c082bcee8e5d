// The record of settings changed by resumes: the step, the old and the new value, and no change that was
// lost.
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../settings/resolve.ts';
import { changedSettings, listSettings, withChanges } from './settingChanges.ts';

const change = (step: number, setting: string, from: unknown, to: unknown) => ({ step, setting, from, to });
const rate = change(10, 'rate', 1, 2);

it('the settings of a configuration have the names that --set accepts', () => {
  const settings = (learningRate: number) =>
    listSettings(resolveConfig({ preset: 'mnist-quickstart', overrides: { training: { learningRate } } }));
  expect(settings(0.5)).toMatchObject({ seed: 0, 'data.name': 'mnist', 'training.learningRate': 0.5 });
  expect(changedSettings(settings(0.5), settings(0.5))).toEqual([]);
  expect(changedSettings(settings(0.5), settings(0.25))).toEqual(['training.learningRate']);
  expect(changedSettings({ steps: 1 }, { epochs: 1 })).toEqual(['steps', 'epochs']);
});

describe('the changes of a run', () => {
  it('are added at the step it resumes from', () => {
    const before = { rate: 2, steps: 20, augment: ['flip'] };
    const after = { rate: 2, epochs: 3, augment: ['flip'] };
    expect(withChanges([rate], { step: 20, before, after })).toEqual([
      rate,
      change(20, 'steps', 20, null),
      change(20, 'epochs', null, 3),
    ]);
    expect(withChanges([rate], { step: 20, before, after: before })).toEqual([rate]);
  });

  it('cover only the remaining steps: changes at lost steps count from the step it resumes from', () => {
    const again = change(15, 'rate', 2, 3);
    for (const step of [8, 10]) {
      const now = { step, before: { rate: 3 }, after: { rate: 4 } };
      expect(withChanges([rate, again], now)).toEqual([change(step, 'rate', 1, 4)]);
    }
    expect(withChanges([rate], { step: 10, before: { rate: 2 }, after: { rate: 1 } })).toEqual([]);
    const unset = change(10, 'epochs', null, 3);
    expect(withChanges([unset], { step: 10, before: { epochs: 3 }, after: {} })).toEqual([]);
  });

  it('are none before the first step', () => {
    expect(withChanges([], { step: 0, before: { rate: 1 }, after: { rate: 2 } })).toEqual([]);
  });
});
