// A mixing of one's own on the command line: `--import` registers it, for workers too.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildPackage, commandLine, commandProcess } from '../../testing/command.ts';
import { hasMpirun, needsMpirun, startJob } from '../../testing/mpirun.ts';
import { tinyTraining, writeTinyDataset } from '../../testing/tinyImages.ts';

const root = buildPackage();
const emerging = commandLine(root);
/** Calls that register nothing. */
const without = commandProcess();
const inFolder = (name: string): string => join(emerging.folder, name);

/** A module next to the package that exports a mixing; it imports the package by name. */
function module(file: string, name: string, more = ''): string {
  const path = join(root, file);
  writeFileSync(
    path,
    `import { define, layers } from 'emerging-flows/flows';
     export const mine = define.mixing({
       name: '${name}', summary: 'Reverses.', ${more} build: (shape) => ({ turned: layers.reverse(shape) }),
     });`,
  );
  return path;
}

const mine = module('mine.mjs', 'mine');
const small = ['--data=data', ...tinyTraining, '--set=training.warmupSteps=0', '--steps=1', '--no-test'];

beforeAll(async () => {
  writeTinyDataset(join(emerging.folder, 'data'));
  const training = ['--import', mine, '--set=model.mixing=mine', '--workers=2', '--threads=2'];
  await emerging.json('train', ...small, ...training, '--out=run');
});

it('is used by every command that imports it, before the command or after it', async () => {
  await emerging.json('--import', mine, 'sample', 'run', '--count=2', '--out=a.png');
  await emerging.json('export', 'run', '--out=exported', `--import=${mine}`);
});

it('may be in TypeScript if tsx runs the program, for workers too', async () => {
  const typed = join(root, 'typed.mts');
  const text = readFileSync(module('typed.mjs', 'typed'), 'utf8');
  writeFileSync(typed, text.replace('(shape)', '(shape: any)'));
  const words = emerging.words('train --out=typed', ...small, '--import', typed, '--set=model.mixing=typed');
  const [program, ...args] = words as [string, ...string[]];
  args.push('--workers=2', '--threads=2');
  const run = promisify(execFile);
  const { stdout } = await run(program, ['--import', import.meta.resolve('tsx'), ...args], {
    cwd: emerging.folder,
  });
  expect(stdout).toContain('1 step done');
  if (!('typescript' in process.features)) {
    await expect(run(program, args, { cwd: emerging.folder })).rejects.toThrow('compile it to JavaScript');
  }
});

it('is named in one line by a command that does not import it', async () => {
  for (const [model, file] of [
    ['run', 'config.yaml'],
    ['exported', 'model.safetensors'],
  ] as const) {
    expect(await without.refusedWith(2, 'sample', inFolder(model), '--out=b.png')).toMatch(
      new RegExp(
        `/${model}/${file}: unknown model\\.mixing 'mine': .* Register your own first: --import MODULE$`,
      ),
    );
  }
});

it.each([
  ['the module is missing', ['--import', 'none.mjs'], /the module file:.*none\.mjs cannot be imported: /],
  ['the module is not named', ['--import', ''], /^--import is empty: give it a value/],
])('is refused in one line if %s', async (_, args, message) => {
  expect(await without.refusedWith(2, 'sample', inFolder('run'), '--out=c.png', ...args)).toMatch(message);
});

it('is refused in one line by workers whose module does not export it', async () => {
  writeFileSync(join(root, 'empty.mjs'), '');
  const elsewhere = module(
    'elsewhere.mjs',
    'elsewhere',
    `module: new URL('empty.mjs', import.meta.url).href,`,
  );
  const args = ['--import', elsewhere, '--set=model.mixing=elsewhere'];
  args.push('--workers=2', '--threads=2', '--out=refused');
  expect(await emerging.refusedWith(2, 'train', ...small, ...args)).toMatch(
    /^unknown model\.mixing 'elsewhere': /,
  );
});

describe.skipIf(!hasMpirun)(`several ranks ${needsMpirun}`, { tags: 'system' }, () => {
  const job = (...args: string[]) =>
    startJob(2, emerging.words('train', ...small, '--set=model.mixing=mine', ...args), {
      cwd: emerging.folder,
    }).ended;

  it('each import the module, and train and measure one run', async () => {
    const { code, stderr } = await job('--import', mine, '--out=ranks');
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('2 ranks on ');
    const measured = async (run: string): Promise<number> => {
      const measuring = ['--import', mine, '--split=validation', '--draws=1'];
      return (await emerging.json('evaluate', run, ...measuring)).bitsPerDim;
    };
    // The same seed and batches: the run of one process up to rounding.
    expect(await measured('ranks')).toBeCloseTo(await measured('run'), 4);
  });

  it('are refused in one line if they do not', async () => {
    const { code, stderr } = await job('--out=without');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/^emerging: unknown model\.mixing 'mine': .* --import MODULE$/m);
    expect(stderr).not.toMatch(/\n {4}at /);
  });
});
