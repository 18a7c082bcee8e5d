import { Command } from 'commander';
import { afterEach, expect, test, vi } from 'vitest';
import { presets } from '../experiments/presets.ts';
import { resolveConfig } from '../experiments/resolve.ts';
import { registerPresets } from './presets.ts';

afterEach(() => vi.restoreAllMocks());

function outputOf(...args: string[]): string {
  const written: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  const program = new Command('emerging');
  registerPresets(program, {
    countParameters: (model, [height, width, channels]) => model.width * 1000 + height + width + channels,
  });
  program.parse(['presets', ...args], { from: 'user' });
  return written.join('');
}

test('prints a table for people', () => {
  expect(outputOf()).toBe(
    [
      'PRESET              DATASET  LAYERS                             PARAMETERS  PAPER BITS/DIM',
      'mnist-quickstart    mnist    2 levels x 4 emerging, width 64        64,057  -',
      'mnist-1x1           mnist    2 levels x 4 1x1, width 64             64,057  -',
      'mnist-emerging-d16  mnist    2 levels x 16 emerging, width 512     512,057  1.09 (others)',
      '',
    ].join('\n'),
  );
});

test('prints a JSON list', () => {
  const list = JSON.parse(outputOf('--json'));
  expect(list.map(({ name }: { name: string }) => name)).toEqual(presets.map(({ name }) => name));
  expect(list[2]).toEqual({
    name: 'mnist-emerging-d16',
    description: 'A full-width emerging flow on MNIST, for which others report 1.09 bits/dim.',
    config: resolveConfig({ preset: 'mnist-emerging-d16' }),
    parameters: 512057,
    paperBitsPerDim: null,
    reported: { bitsPerDim: 1.09, source: 'others' },
  });
  expect(list[0].reported).toBeNull();
});
