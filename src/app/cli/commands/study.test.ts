// `emerging study`: a file with parts of one's own, interrupted, killed and resumed.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildPackage, commandLine, commandProcess } from '../../../testing/command.ts';
import { writeTinyDataset } from '../../../testing/tinyImages.ts';

const root = buildPackage();
const emerging = commandLine(root);
const shared = commandProcess();
const mine = join(root, 'mine.mjs');
const text = `
title: Mine
base:
  preset: paper-mnist-quickstart
  data: { validation: 0.1 }
  model: { levels: 1, depth: 1, conditioner: { width: 4 } }
  training: { batchSize: 16, warmupSteps: 1, averageDecay: 0.5, steps: 10, decay: none }
datasets: [images]
seeds: [0, 1]
grid:
  model.mixing: [1x1, mine]
`;

beforeAll(() => {
  writeTinyDataset(join(emerging.folder, 'images'));
  writeFileSync(join(emerging.folder, 'mine.yaml'), text);
  writeFileSync(
    mine,
    `import { define, layers } from 'emerging-flows/flows';
     export const mine = define.mixing({
       name: 'mine',
       summary: 'Reverses.',
       build: (shape) => ({ turned: layers.reverse(shape) }),
     });`,
  );
});

it('stops at a signal, survives a kill, and resumes to a report', async () => {
  const args = ['study', 'mine.yaml', '--import', mine, '--threads=1'];
  const first = await emerging.interrupt('SIGINT', 'training mine on images, seed 0', ...args);
  expect([first.code, first.stdout]).toEqual([
    130,
    'the study is not done; the same command with --resume continues it\n',
  ]);
  const killed = await emerging.interrupt('SIGKILL', 'training mine on images, seed 1', ...args, '--resume');
  expect(killed.code).toBeNull();
  expect(killed.stderr).not.toContain('training 1x1 on images, seed 0');
  const last = await emerging.run(...args, '--resume');
  expect(last.code, last.stderr).toBe(0);
  expect(last.stderr.match(/^training .* on .*$/gm)).toEqual(['training mine on images, seed 1']);
  expect(last.stdout).toMatch(
    /^\| mine \| \d\.\d{4} ± \d+\.\d{4} \| [+−]\d\.\d{4} ± \d+\.\d{4}( \\\*)? \| \d/m,
  );
  expect(last.stdout).toContain('- Learning rates were not searched');
  const stored = readFileSync(join(emerging.folder, 'studies/mine/report.md'), 'utf8');
  expect(last.stdout).toBe(`${stored}\nreport: studies/mine/report.md\n`);
  const json = await emerging.json(...args, '--resume');
  expect(json).toMatchObject({ complete: true, folder: 'studies/mine', title: 'Mine', unit: 'bits/dim' });
});

describe('one line says what is wrong', () => {
  const refused = (content: string, ...args: string[]) => {
    writeFileSync(join(shared.folder, 'study.yaml'), content);
    return shared.refused('study', 'study.yaml', ...args);
  };

  it.each([
    ['no YAML', 'a: [', /^study\.yaml:1: not valid YAML/],
    ['an unknown key', `${text}\nseed: 3`, /^study\.yaml: unknown key 'seed'/],
    [
      'a mixing that is not imported',
      text,
      /^study\.yaml: mine: unknown model\.mixing 'mine': .*--import MODULE/,
    ],
    ['images that are not there', text.replace('mine', 'emerging'), /images/],
  ])('for %s', async (_, content, message) => {
    expect(await refused(content)).toMatch(message);
  });

  it('for a missing file and a wrong limit', async () => {
    expect(await shared.refused('study', 'none.yaml')).toMatch(/^cannot read none\.yaml: it does not exist/);
    expect(await refused(text, '--minutes=0')).toContain('It must be a number above 0.');
  });

  it('for several values in train', async () => {
    expect(await shared.refused('train', '--set=model.mixing=1x1,emerging')).toBe(
      'model.mixing=1x1,emerging: a training has one model.mixing; compare several with a study: ' +
        'grid: { model.mixing: [1x1, emerging] } (emerging study --help)',
    );
  });
});
