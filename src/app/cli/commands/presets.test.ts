import { Command } from 'commander';
import { afterEach, expect, it, vi } from 'vitest';
import { registerPresets } from './presets.ts';

afterEach(() => vi.restoreAllMocks());

function runPresets(...args: string[]): string {
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

it('prints a table', () => {
  const lines = runPresets().split('\n');
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
  // They differ only in their couplings.
  expect(line('mnist-quickstart')).toContain('emerging 3x3, L2 D4 W64 C4 mixture');
  expect(line('paper-mnist-quickstart')).toContain('emerging 3x3, L2 D4 W64 affine');
  expect(Math.max(...lines.map((text) => text.length))).toBeLessThanOrEqual(110);
});
