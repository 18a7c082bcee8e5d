// A conditioner with an option of its own: from code and from the command line, in workers, exported and loaded again. And a
// mixing with one, in help and in the schema.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildPackage, commandLine } from '../../testing/command.ts';
import { meanConditioner } from '../../testing/ownConditioner.ts';
import { tinyTraining, writeTinyDataset } from '../../testing/tinyImages.ts';

const root = buildPackage();
const emerging = commandLine(root);
const inFolder = (name: string): string => join(emerging.folder, name);
const run = promisify(execFile);

/** A module next to the package; it imports the package by name. */
function module(file: string, text: string): string {
  const path = join(root, file);
  writeFileSync(path, text);
  return path;
}

const conditioner = `import { operations } from 'emerging-flows/tensor';
import { define, filledParameter, limits, option } from 'emerging-flows/flows';
export const mean = ${meanConditioner};
`;
const mine = module('mean.mjs', conditioner);
const small = ['--data=data', ...tinyTraining, '--set=training.warmupSteps=0', '--no-test'].filter(
  (word) => !word.startsWith('--set=model.conditioner'),
);
const weak = ['--config=base.yaml', '--import', mine, '--set=model.conditioner=mean'];
const train = (...args: string[]) => emerging.json('train', ...small, ...args);
const bitsPerDim = async (path: string, ...args: string[]): Promise<number> =>
  (await emerging.json('evaluate', path, '--import', mine, '--split=test', '--draws=1', ...args)).bitsPerDim;
const metrics = (name: string): string => readFileSync(inFolder(`${name}/metrics.jsonl`), 'utf8');

beforeAll(async () => {
  writeTinyDataset(inFolder('data'));
  writeFileSync(inFolder('base.yaml'), 'seed: 0\n');
  await train(
    ...weak,
    '--set=model.conditioner.strength=0.5',
    '--steps=4',
    '--workers=2',
    '--threads=2',
    '--out=run',
  );
});

it('is stored with its option, and changes what is computed', async () => {
  const { model } = parse(readFileSync(inFolder('run/config.yaml'), 'utf8'));
  expect(model.conditioner).toEqual({ name: 'mean', strength: 0.5 });
  await train(...weak, '--steps=1', '--out=weak');
  expect(metrics('weak').split('\n')[0]).not.toBe(metrics('run').split('\n')[0]);
});

it('is exported and loaded again, with its option', async () => {
  await emerging.json('export', 'run', '--out=exported', `--import=${mine}`);
  const { model } = JSON.parse(readFileSync(inFolder('exported/manifest.json'), 'utf8'));
  expect(model.conditioner).toEqual({ name: 'mean', strength: 0.5 });
  expect(await bitsPerDim('exported', '--data=data')).toBe(await bitsPerDim('run'));
});

it('is a value in code, and gives the same model as the command', async () => {
  const program = module(
    'program.mjs',
    `import { loadModel } from 'emerging-flows';
     import { Glow } from 'emerging-flows/flows';
     import { resolveConfig, resumeRun, startRun, train } from 'emerging-flows/training';
     import { openDataset } from 'emerging-flows/data';
     import { mean } from './mean.mjs';
     const dataset = await openDataset('data');
     const layer = { levels: 1, depth: 1, conditioner: { name: mean, strength: 0.5 } };
     const config = resolveConfig({ overrides: {
       data: { name: 'data' }, model: layer,
       training: { steps: 2, batchSize: 8, warmupSteps: 0 },
     } });
     const events = { onTrouble: (_, text) => console.log(text) };
     const run = await startRun(config, 'coded', { dataset });
     const { model } = await train({ ...run, parts: [mean], stopAt: 1, threads: 2, events });
     const { conditioner } = new Glow(dataset.imageShape, layer).options;
     console.log(JSON.stringify([model.options.conditioner, conditioner]));
     const several = { ...(await resumeRun('coded', {}, { dataset, parts: [mean] })), workers: 2, threads: 2 };
     console.log(await train(several).catch(({ message }) => message));
     await train({ ...(await resumeRun('coded', {}, { dataset })), threads: 1 });
     const loaded = await loadModel('coded');
     console.log(loaded.options?.conditioner ?? loaded.step);`,
  );
  const { stdout } = await run(process.execPath, [program], { cwd: emerging.folder });
  const lines = stdout.trimEnd().split('\n');
  const chosen = { name: 'mean', strength: 0.5 };
  expect(lines).toContain(JSON.stringify([chosen, chosen]));
  expect(lines).toContain(
    'gradients need one worker, because conditioner "mean" has no module that others could import: ' +
      'add module: import.meta.url to its definition, in a module of its own, or use workers: 1',
  );
  expect(lines.at(-1)).toBe('2');
});

it('a mixing with an option of its own is in help, the settings page and the schema without another change', async () => {
  const mixing = module(
    'turning.mjs',
    `import { define, layers, limits, option } from 'emerging-flows/flows';
     export const turning = define.mixing({
       name: 'turning',
       summary: 'Turns the channels around.',
       options: { turns: option('How often it turns them.', limits.wholeNumber(1, 7), 1) },
       build: (shape, { turns }) =>
         Object.fromEntries(Array.from({ length: turns }, (_, turn) => ['turn' + turn, layers.reverse(shape)])),
     });`,
  );
  const { stdout } = await emerging.run('config', '--import', mixing);
  expect(stdout).toContain('    turning: Turns the channels around.\n');
  expect(stdout).toContain(
    'model.mixing.turns\n  How often it turns them.\n  a whole number from 1 to 7; default 1; only for turning\n',
  );
  const { stdout: document } = await emerging.run('config', '--markdown', '--import', mixing);
  expect(document).toContain('| `turning` | Turns the channels around. |\n');
  expect(document).toContain(
    '| `turns` | `turning` | How often it turns them. | a whole number from 1 to 7 | `1` |\n',
  );
  const { stdout: text } = await emerging.run('config', '--schema', '--import', mixing);
  const { anyOf } = JSON.parse(text).properties.model.properties.mixing;
  expect(anyOf).toContainEqual({
    type: 'object',
    description: 'Turns the channels around.',
    properties: {
      name: { const: 'turning' },
      turns: { description: 'How often it turns them.', default: 1, type: 'integer', minimum: 1, maximum: 7 },
    },
    additionalProperties: false,
  });
});
