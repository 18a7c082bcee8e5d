// `mpirun emerging evaluate` and `score`: the results of one process, printed and written by rank 0.
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runPaths } from '../../../runs/folder/runFolder.ts';
import { commandProcess } from '../../../testing/command.ts';
import { afterScript, hasMpirun, type JobResult, needsMpirun, startJob } from '../../../testing/mpirun.ts';
import { tinyTraining } from '../../../testing/tinyImages.ts';

const emerging = commandProcess();
const inFolder = (...path: string[]): string => join(emerging.folder, ...path);
const run = (ranks: number, ...args: string[]): Promise<JobResult> =>
  startJob(ranks, emerging.words(...args), { cwd: emerging.folder }).ended;
const json = async (ranks: number, ...args: string[]) => {
  const { code, stdout, stderr } = await run(ranks, ...args, '--json');
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
};
const readEvaluations = (name: string): object[] =>
  JSON.parse(readFileSync(runPaths(inFolder(name)).summary, 'utf8')).evaluations ?? [];

beforeAll(() => emerging.trainTiny('--no-test', '--steps=3', '--out=run'));

describe.skipIf(!hasMpirun)(`several ranks ${needsMpirun}`, { tags: 'system' }, () => {
  it.each([2, 3])('evaluate with the numbers of one process: %i', async (ranks) => {
    const args = ['evaluate', 'run', `--draws=${ranks}`, '--importance=4'];
    const before = readEvaluations('run').length;
    const measured = await json(ranks, ...args);
    const recorded = readEvaluations('run');
    expect(recorded.length).toBe(before + 1);
    // An equal evaluation replaces the one the ranks recorded.
    expect(await emerging.json(...args)).toEqual(measured);
    expect(readEvaluations('run')).toEqual(recorded);
    const printed = await run(ranks, ...args);
    expect(printed.stdout.match(/bits\/dim/g)!.length).toBe(
      (await emerging.run(...args)).stdout.match(/bits\/dim/g)!.length,
    );
  });

  it('score with the numbers of one process, with and without a cache of reference scores on rank 0', async () => {
    const args = (model: string, out: string) => ['score --data=data --draws=2', model, `--out=${out}.json`];
    cpSync(inFolder('run'), inFolder('copy'), { recursive: true });
    // The first process measures the validation images, and keeps their scores.
    expect((await emerging.run(...args('run', 'one'))).code).toBe(0);
    for (const [ranks, model, out] of [
      [2, 'run', 'two'],
      [3, 'copy', 'three'],
    ] as const) {
      const { code, stderr } = await run(ranks, ...args(model, out));
      expect(code, stderr).toBe(0);
      expect(readFileSync(inFolder(`${out}.json`), 'utf8')).toBe(readFileSync(inFolder('one.json'), 'utf8'));
    }
    expect(readFileSync(inFolder('copy', 'scores.json'))).toEqual(
      readFileSync(inFolder('run', 'scores.json')),
    );
    // Every score, the test of the set, and the oddest places.
    const { score, images, source } = JSON.parse(readFileSync(inFolder('one.json'), 'utf8'));
    expect(score).toBe('typicality');
    expect(Object.keys(images[0].scores)).toEqual(['bits', 'complexity', 'typicality']);
    expect(source.pValue).toBeGreaterThan(0);
  });

  it('report an error once, by rank 0, and name a rank with another model', async () => {
    const lines = ({ stderr }: JobResult): string[] => stderr.trim().split('\n');
    const missing = await run(2, 'evaluate', 'nowhere');
    expect(lines(missing)).toEqual([(await emerging.run('evaluate', 'nowhere')).stderr.trim()]);
    expect(missing.code).not.toBe(0);
    await emerging.json('train --data=data --no-test --steps=2 --out=elsewhere/run', ...tinyTraining);
    cpSync(inFolder('data'), inFolder('elsewhere', 'data'), { recursive: true });
    const command = afterScript('cd elsewhere', emerging.words('evaluate', 'run'));
    expect(lines(await startJob(2, command, { cwd: emerging.folder }).ended)).toEqual([
      expect.stringMatching(/^emerging: the models of rank 1 on .* and rank 0 on .* differ: copy the folder/),
    ]);
  });
});
