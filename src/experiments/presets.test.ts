import { expect, test } from 'vitest';
import { UserError } from '../errors.ts';
import { checkImageShape } from './imageShape.ts';
import { findPreset, presets } from './presets.ts';
import { resolveConfig } from './resolve.ts';

test.each(presets.map((preset) => [preset.name, preset] as const))('%s can be run', (name, preset) => {
  expect(findPreset(name)).toBe(preset);
  const config = resolveConfig({ preset: name });
  expect(() => checkImageShape(config.model.levels, preset.imageShape)).not.toThrow();
  expect(name.startsWith(`${config.data.name}-`)).toBe(true);
  expect(preset.description).toMatch(/^[A-Z][^\n]*\.$/);
});

test('names are not used twice', () => {
  expect(new Set(presets.map(({ name }) => name)).size).toBe(presets.length);
});

test('mnist-1x1 is mnist-quickstart but for the mixing', () => {
  const quickstart = resolveConfig({ preset: 'mnist-quickstart' });
  expect(quickstart.model.mixing).toBe('emerging');
  expect(resolveConfig({ preset: 'mnist-1x1' })).toEqual({
    ...quickstart,
    model: { ...quickstart.model, mixing: '1x1' },
  });
});

test('an unknown name', () => {
  expect(() => findPreset('mnist-1x2')).toThrow(
    new UserError("unknown preset 'mnist-1x2': did you mean mnist-1x1?", { exitCode: 2 }),
  );
  expect(() => findPreset('qqqq')).toThrow(
    new UserError("unknown preset 'qqqq': known: mnist-quickstart, mnist-1x1, mnist-emerging-d16", {
      exitCode: 2,
    }),
  );
});
