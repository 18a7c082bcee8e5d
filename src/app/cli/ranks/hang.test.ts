// Ranks that hang or exit, before or after joining: the job ends and names them.
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { commandLine } from '../../../testing/command.ts';
import { hasMpirun, type Job, needsMpirun, startJob } from '../../../testing/mpirun.ts';

const emerging = commandLine();
const start = (ranks: number, command: readonly string[]) =>
  startJob(ranks, command, { cwd: emerging.folder });
const outputLines = (stderr: string): string[] =>
  stderr.split('\n').filter((line) => line.startsWith('emerging:'));

/** A program that joins the others, with little patience. */
const joining = (before: string, after: string): string[] => {
  const library = join(dirname(emerging.words()[1]!), '..', '..', 'core', 'ranks', 'joinRanks.node.js');
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

describe.skipIf(!hasMpirun)(`a rank that hangs ${needsMpirun}`, { tags: 'system' }, () => {
  /** Started early: the others wait longer for rank 0. */
  let withoutLeader: Job;
  beforeAll(() => {
    withoutLeader = start(3, joining('', 'if (ranks.rank === 0) stop();'));
  });

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
    expect(outputLines(stderr)[0]).toMatch(
      /^emerging: rank 0 on .* has waited \d+ seconds for all 3 processes that mpirun has started: /,
    );
    expect(code).not.toBe(0);
  });

  it.each([
    [
      'another one',
      () => start(3, joining('', 'if (ranks.rank === 1) stop();')),
      /^emerging: rank 1 on .* has not joined a data exchange for 2 seconds: /,
    ],
    [
      'rank 0',
      () => withoutLeader,
      /^emerging: rank 0 on .* has not joined a data exchange for \d+ seconds: /,
    ],
  ])('later is named: %s', async (_, job, expected) => {
    const { code, stderr } = await job().ended;
    expect(outputLines(stderr)[0]).toMatch(expected);
    expect(code).toBe(1);
  });
});
