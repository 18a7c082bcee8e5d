import { Command } from 'commander';
import { afterEach, expect, test, vi } from 'vitest';
import { presets } from '../../experiments/presets.ts';
import { resolveConfig } from '../../experiments/resolve.ts';
import { countParameters } from '../../models/flowRegistry.ts';
import { registerPresets } from './presets.ts';

afterEach(() => vi.restoreAllMocks());

function outputOf(...args: string[]): string {
  const written: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  const command = new Command('presets');
  registerPresets(command);
  command.parse(args, { from: 'user' });
  return written.join('');
}

test('prints a table', () => {
  const lines = outputOf().split('\n');
  expect(lines[0]).toBe(
    'PRESET                   DATASET     LAYERS                              PARAMETERS  BITS/DIM        MS  NOTES',
  );
  const line = (name: string) => lines.find((text) => text.startsWith(`${name} `));
  expect(line('mnist-emerging-d16')).toBe(
    'mnist-emerging-d16       mnist       emerging 3x3, L2 D16 W512 affine        9.94 M  1.09 (others)',
  );
  expect(line('cifar10-emerging-d32')).toBe(
    'cifar10-emerging-d32     cifar10     emerging 3x3, L3 D32 W512 affine       45.20 M  3.34 ± 0.002    39',
  );
  expect(line('cifar10-maf-d32')).toBe(
    'cifar10-maf-d32          cifar10     maf, L3 D32 W512 affine                52.43 M  -              650  1',
  );
  expect(line('cifar10-1x1-plu-d8')).toBe(
    'cifar10-1x1-plu-d8       cifar10     1x1-plu, L3 D8 W512 affine             11.13 M  about 3.46          2',
  );
  // They differ in their couplings alone.
  expect(line('mnist-quickstart')).toContain('emerging 3x3, L2 D4 W64 C4 mixture');
  expect(line('paper-mnist-quickstart')).toContain('emerging 3x3, L2 D4 W64 affine');
  expect(Math.max(...lines.map((text) => text.length))).toBeLessThanOrEqual(110);
});

test('prints the text of every note that a preset points to', () => {
  const lines = outputOf().split('\n');
  const notes = new Set(presets.flatMap((preset) => preset.notes));
  const printed = lines.filter((text) => /^\d\. /.test(text));
  expect(printed.map((text) => text.slice(3))).toEqual([...notes]);
  const pointers = lines
    .find((text) => text.startsWith('cifar10-maf-d32'))!
    .match(/650 {2}(.*)$/)![1]!
    .split(', ');
  const { notes: own } = presets.find(({ name }) => name === 'cifar10-maf-d32')!;
  expect(pointers.map((pointer) => printed[Number(pointer) - 1]!.slice(3))).toEqual(own);
});

test('prints a JSON list', () => {
  const list: Record<string, unknown>[] = JSON.parse(outputOf('--json'));
  expect(list.map(({ name }) => name)).toEqual(presets.map(({ name }) => name));
  const entry = (wanted: string) => list.find(({ name }) => name === wanted);
  const config = resolveConfig({ preset: 'mnist-emerging-d16' });
  expect(entry('mnist-emerging-d16')).toEqual({
    name: 'mnist-emerging-d16',
    description: 'A full-width emerging flow on MNIST, for which others report 1.09 bits/dim.',
    notes: [],
    config,
    parameters: countParameters([28, 28, 1], config.model),
    paperBitsPerDim: null,
    paperDeviation: null,
    paperApproximate: false,
    paperMillisecondsPerSample: null,
    paperParameters: null,
    othersBitsPerDim: 1.09,
  });
  expect(entry('cifar10-1x1-d32')).toMatchObject({
    paperBitsPerDim: 3.36,
    paperDeviation: 0.002,
    paperApproximate: false,
    paperMillisecondsPerSample: 5,
    paperParameters: 44_600_000,
    othersBitsPerDim: null,
  });
  expect(entry('cifar10-maf-d32')).toMatchObject({ paperBitsPerDim: null, paperMillisecondsPerSample: 650 });
  expect(entry('cifar10-1x1-qr-d8')).toMatchObject({ paperBitsPerDim: 3.46, paperApproximate: true });
});
