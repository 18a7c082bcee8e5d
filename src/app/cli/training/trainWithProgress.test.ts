// A renderer that aborts: training completes without its curve, a comparison prints its results without its plot.
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { buildPackage, commandLine } from '../../../testing/command.ts';
import { tinyTraining, writeTinyDataset } from '../../../testing/tinyImages.ts';
import { nextEventName } from './tensorBoard.ts';

const root = buildPackage();
const emerging = commandLine(root);
const inFolder = (...path: string[]): string => join(emerging.folder, ...path);
const renderer = join(root, 'dist', 'data', 'pictures', 'rasteriseMain.node.js');
const train = ['train --data=data --steps=2 --no-test --tensorboard --out=runs/a', ...tinyTraining];

beforeAll(() => writeTinyDataset(inFolder('data')));

it('loses only the pictures if the renderer aborts', async () => {
  renameSync(renderer, `${renderer}.kept`);
  writeFileSync(renderer, 'process.abort();');
  try {
    const { code, stdout, stderr } = await emerging.run(...train);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/^no learning curve: the renderer crashed \(SIGABRT\)$/m);
    expect(stdout).toContain('2 steps done');
    expect(stdout).not.toContain('curve');
    expect(existsSync(inFolder('runs/a/curve.png'))).toBe(false);
    expect(readdirSync(inFolder('runs/a/samples'))).toHaveLength(3);
    expect(readFileSync(inFolder('runs/a/README.md'), 'utf8')).not.toContain('curve.png');
    cpSync(inFolder('runs/a'), inFolder('runs/b'), { recursive: true });
    const { code: failed, ...output } = await emerging.run('compare', 'runs/a', 'runs/b', '--json');
    expect(failed).toBe(1);
    expect(JSON.parse(output.stdout)).toMatchObject({
      runs: [{ run: 'runs/a' }, { run: 'runs/b' }],
      file: null,
    });
    expect(output.stderr).toMatch(
      /^no learning curves in runs\/compare.png: the renderer crashed \(SIGABRT\)$/m,
    );
  } finally {
    renameSync(`${renderer}.kept`, renderer);
  }
});

const named = (number: string): string => `events.out.tfevents.${number}.emerging`;

it.each<[string, string[], string]>([
  ['no others', [], '00000000'],
  ['earlier ones, in any order', [named('00000002'), named('00000010'), named('00000009')], '00000011'],
  ['many earlier ones', [named('99999999')], '100000000'],
  [
    'a number that is not exact',
    [named('00000003'), named('9'.repeat(16)), named('9'.repeat(400))],
    '00000004',
  ],
  [
    'names that only look like it',
    [
      'events.out.tfevents.7',
      `x${named('7')}`,
      `${named('7')}.gz`,
      named('-7'),
      named('1e3'),
      named('../7'),
      '\n',
    ],
    '00000000',
  ],
])('continues after %s', (_, names, number) => {
  expect(nextEventName(names)).toBe(named(number));
});
