// Ranks that hang or end: before they have joined, while they join, and during a step. The job ends, and says who is missing.
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runPaths, savedSteps } from '../../runs/folder/runFolder.ts';
import { commandLine } from '../../testing/command.ts';
import { gone, hasMpirun, needsMpirun, startJob } from '../../testing/mpirun.ts';
import { tinyTraining, writeTinyDataset } from '../../testing/tinyImages.ts';

const emerging = commandLine();
const start = (ranks: number, command: readonly string[]) =>
  startJob(ranks, command, { cwd: emerging.folder });
const linesOf = (stderr: string): string[] =>
  stderr.split('\n').filter((line) => line.startsWith('emerging:'));

/** A program that joins the others, with little patience. */
const joining = (before: string, after: string): string[] => {
  const library = join(dirname(emerging.words()[1]!), '..', 'cluster', 'joinRanks.node.js');
  const script = `
    const isSecond = process.env.OMPI_COMM_WORLD_RANK === '1';
    const stop = () => process.kill(process.pid, 'SIGSTOP');
    ${before}
    const { joinRanks } = await import(${JSON.stringify(library)});
    const ranks = await joinRanks({ leastPatience: 2 });
    ${after}
    try {
      await ranks.sum(Float64Array.of(1));
    } catch (error) {
      console.error('emerging: ' + error.message);
      process.exit(1);
    }
    await ranks.leave();
  `;
  return [process.execPath, '--input-type=module', '--eval', script];
};

beforeAll(() => writeTinyDataset(join(emerging.folder, 'data')));

describe.skipIf(!hasMpirun)(`a rank that hangs ${needsMpirun}`, { tags: 'system' }, () => {
  it.each([
    [
      'an error that nobody catches',
      "if (isSecond) throw new Error('mine');",
      /^rank 1 on .*: Error: mine$/m,
    ],
    [
      'the end of a program that does not leave',
      'if (isSecond) process.exit();',
      /^rank 1 on .*: ended without calling leave\(\)/m,
    ],
  ])('is told apart from %s, which is printed', async (_, after, printed) => {
    const { code, stderr } = await start(2, joining('', after)).ended;
    expect(stderr).toMatch(printed);
    expect(code).not.toBe(0);
  });

  it('before it joins ends the job', async () => {
    const { code, stderr } = await start(3, joining('if (isSecond) stop();', '')).ended;
    expect(linesOf(stderr)[0]).toMatch(
      /^emerging: rank 0 on .* has waited \d+ seconds for all 3 processes that mpirun has started: /,
    );
    expect(code).not.toBe(0);
  });

  it.each([
    [
      'another one',
      'if (ranks.rank === 1) stop();',
      /^emerging: rank 1 on .* has not joined a data exchange for 2 seconds: /,
    ],
    [
      'rank 0',
      'if (ranks.rank === 0) stop();',
      /^emerging: rank 0 on .* has not joined a data exchange for \d+ seconds: /,
    ],
  ])('later is named: %s', async (_, after, expected) => {
    const job = start(3, joining('', after));
    const { code, stderr } = await job.ended;
    expect(linesOf(stderr)[0]).toMatch(expected);
    expect(code).toBe(1);
  });

  it('during training ends the job within a minute; nothing saved is lost', async () => {
    const words = emerging.words(
      'train',
      '--data=data',
      ...tinyTraining,
      '--no-test',
      '--steps=100000',
      '--out=hung',
    );
    const job = start(2, words);
    await job.until(/step [1-9]/);
    const ranks = job.ranks();
    process.kill(ranks[1]!, 'SIGSTOP');
    const { code, stderr } = await job.ended;
    // It stops before an exchange, where it is missed, or inside one.
    const hung =
      '(rank 1 on .* has not joined a data exchange|all ranks have joined the data exchange, but no data has arrived) for 30 seconds';
    const resumption = 'emerging train --resume hung resumes the run, with any number of ranks';
    expect(linesOf(stderr)).toEqual([
      expect.stringMatching(`^emerging: ${hung}: .*\\. Nothing saved is lost: ${resumption}$`),
    ]);
    expect(code).toBe(1);
    await gone(ranks);
    const saved = savedSteps(runPaths(join(emerging.folder, 'hung'))).length;
    const resumed = await emerging.run('train', '--resume=hung', '--stop-at=3', '--no-test');
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(savedSteps(runPaths(join(emerging.folder, 'hung'))).length).toBeGreaterThanOrEqual(saved);
  });
});
