// `--step`: every command that uses a model of a run uses the checkpoint of that step, and its result names it.
import { appendFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { commandProcess } from '../../testing/command.ts';
import { writePng } from '../../testing/pngFiles.ts';
import { tinyImages } from '../../testing/tinyImages.ts';

const emerging = commandProcess();
const inFolder = (...path: string[]): string => join(emerging.folder, ...path);
const metrics = inFolder('runs/a/metrics.jsonl');
const summary = () => JSON.parse(readFileSync(inFolder('runs/a/summary.json'), 'utf8'));
const card = (folder: string): string => readFileSync(inFolder(folder, 'README.md'), 'utf8');

beforeAll(async () => {
  writePng(inFolder('images/a.png'), tinyImages(1, 8, 3), [8, 8, 1]);
  writePng(inFolder('others/a.png'), tinyImages(1, 8, 4), [8, 8, 1]);
  await emerging.trainTiny('--steps=10', '--set=training.warmupSteps=0', '--seed=1', '--out=runs/a');
  cpSync(inFolder('runs/a'), inFolder('runs/b'), { recursive: true });
  // Step 4 is the best one.
  const lines = readFileSync(metrics, 'utf8').trim().split('\n');
  const changed = lines.map((line) => {
    const entry = JSON.parse(line);
    return 'validationBitsPerDim' in entry && entry.step === 4
      ? { ...entry, validationBitsPerDim: 1 }
      : entry;
  });
  writeFileSync(metrics, changed.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
});

const commands: Record<string, string[]> = {
  doctor: ['doctor', 'runs/a', '--quick', '--images=4'],
  evaluate: ['evaluate', 'runs/a', '--draws=1'],
  sample: ['sample', 'runs/a', '--count=2', '--out=s.png'],
  encode: ['encode', 'runs/a', 'images', '--out=latents'],
  interpolate: ['interpolate', 'runs/a', 'seed:1', 'seed:2', '--steps=3', '--out=i.png'],
  edit: ['edit', 'runs/a', 'images/a.png', '--from=images', '--towards=others', '--out=e.png'],
  score: ['score', 'runs/a', 'images', '--draws=1'],
};

it.each(Object.entries(commands))('is an option of %s', async (_, args) => {
  expect(await emerging.json(...args, '--step=best')).toMatchObject({ step: 4 });
});

it('is an option of compare, for each run', async () => {
  const { runs } = await emerging.json('compare', 'runs/a', 'runs/b', '--step=2');
  expect(runs).toMatchObject([{ step: 2 }, { step: 2 }]);
  expect((await emerging.json('compare', 'runs/a', 'runs/b')).runs[0].bitsPerDim).toBeLessThan(
    runs[0].bitsPerDim,
  );
});

it('compare lists a broken run and compares the others, without the curve of one whose log is broken', async () => {
  for (const name of ['broken', 'unlogged']) {
    cpSync(inFolder('runs/b'), inFolder(`runs/${name}`), { recursive: true });
  }
  writeFileSync(inFolder('runs/broken/config.yaml'), 'model: { bits: &a [*a] }\n');
  appendFileSync(inFolder('runs/unlogged/metrics.jsonl'), '{"step":"x"}\n');
  const compare = (...runs: string[]) => emerging.run('compare', ...runs, '--threads=1');
  const { code, stdout, stderr } = await compare('runs/a', 'runs/broken', 'runs/unlogged');
  expect(code).toBe(1);
  expect(stdout).toMatch(/^runs\/a .*\nruns\/unlogged .*\n/m);
  expect(stdout).toMatch(
    /\nnot compared: runs\/broken: runs\/broken\/config\.yaml:1: an anchor .* not supported/,
  );
  expect(stderr).toMatch(/no learning curve of runs\/unlogged: .*its step is not a number/);
  expect(await compare('runs/broken', 'runs/a')).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^emerging: runs\/broken\/config\.yaml:1: an anchor [^\n]*\n$/m),
  });
});

it('is an option of export; an export has only its own step', async () => {
  expect(await emerging.json('export', 'runs/a', '--out=exported', '--step=best')).toMatchObject({ step: 4 });
  const manifest = JSON.parse(readFileSync(inFolder('exported/manifest.json'), 'utf8'));
  expect(manifest.trained).toMatchObject({
    step: 4,
    bitsPerDim: expect.arrayContaining([
      { step: 4, split: 'validation', weights: 'average', bits: 8, bitsPerDim: 1 },
    ]),
  });
  expect(card('exported')).toContain('| validation | 1.0000 | - | - | - | 1 | uniform | average | 4 |');
  expect(card('exported')).not.toContain('| 10 |');
  const sample = (step: string) =>
    emerging.run('sample', 'exported', '--count=2', `--out=s${step}.png`, step);
  expect((await sample('--step=4')).code).toBe(0);
  expect(await sample('--step=10')).toMatchObject({
    code: 2,
    stderr:
      'emerging: exported is an export, with the weights of step 4 only: leave out the step, or export the run ' +
      'again with step 10\n',
  });
});

it('records an evaluation of an earlier step next to the last one', async () => {
  const before = summary();
  const ofLast = before.evaluations.find(
    ({ step, split }: Record<string, unknown>) => step === 10 && split === 'test',
  );
  const text = await emerging.run('evaluate', 'runs/a', '--draws=1', '--step=6');
  expect(text.stdout).toMatch(/average weights, 8 bits, uniform bound, 1 draw, step 6\n/);
  expect(text.stdout).toContain('worst images: runs/a/worst-test-step-00000006.png');
  const { evaluations } = summary();
  expect(evaluations).toHaveLength(before.evaluations.length + 1);
  expect(evaluations.at(-1)).toMatchObject({ step: 6, split: 'test' });
  expect(card('runs/a')).toMatch(/\| test \|.*\| 10 \|/);
  expect(card('runs/a')).toMatch(/\| test \|.*\| 6 \|/);
  expect(card('runs/a')).toContain('10 steps of 16 images each, ');
  const runs = await emerging.json('runs', 'runs');
  const listed = runs.find(({ run }: { run: string }) => run === 'runs/a');
  const last = evaluations.findLast(
    ({ step, split }: Record<string, unknown>) => step === 10 && split === 'test',
  );
  expect(listed.test).toBe(last.bitsPerDim);
  expect(ofLast).toBeDefined();
});
