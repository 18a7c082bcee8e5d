// A training killed repeatedly, even inside a write, ends in the same state as an uninterrupted one.
// @module-tag system
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { RandomStream } from '../../core/numeric/random.ts';
import { checkpointPath, runPaths } from '../../runs/folder/runFolder.ts';
import { startRun } from '../../runs/open/run.node.ts';
import { optimizers } from '../../tensor/optimizers/registry.ts';
import { commandLine } from '../../testing/command.ts';
import type { DeadlyWrite } from '../../testing/dieInWrite.ts';
import { tinyConfig, tinyDataset } from '../../testing/tinyRuns.ts';
import { train } from './train.ts';

/** Kills per optimiser; `KILLS=100` for a long run. */
const KILLS = Number(process.env.KILLS ?? 6);
/** More than all the killed processes can reach. */
const STEPS = 30 * KILLS;
/** The number of kills that must leave a half-written checkpoint; killing continues until they have. */
const LEAST_DURING_WRITES = Math.ceil(KILLS / 5);

const { folder, start } = commandLine();

/** Starts or resumes the training in its own process. */
function training(run: string, optimizer: string, deadly?: DeadlyWrite): ChildProcess {
  const deadlyArgs = deadly === undefined ? [] : [JSON.stringify(deadly)];
  return start('testing/trainTinyRun', run, optimizer, String(STEPS), ...deadlyArgs);
}

/** Starts the training, which is killed at a random moment; returns the signal that ended it. */
async function killed(run: string, optimizer: string, random: RandomStream): Promise<NodeJS.Signals | null> {
  const kind = random.integer(4);
  // Inside a write, of a checkpoint or of any file of the run.
  const deadly =
    kind > 1
      ? {
          path: kind === 2 ? run : join(run, 'checkpoints'),
          write: 1 + random.integer(5),
          share: random.uniform(),
        }
      : undefined;
  const child = training(run, optimizer, deadly);
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  if (kind === 0) {
    // Any time from process start: while it reads the run, compiles or trains.
    await Promise.race([wait(100 + 700 * random.uniform()), ended]);
    child.kill('SIGKILL');
  } else if (kind === 1) {
    // While it trains.
    const steps = 1 + random.integer(5);
    for (let step = 0; step < steps && child.exitCode === null; step++) {
      await Promise.race([once(child.stdout!, 'data'), ended]);
    }
    await wait(3 * random.uniform());
    child.kill('SIGKILL');
  }
  const [, signal] = await ended;
  return signal;
}

const timeout = 60_000 + 10_000 * KILLS;

it.each(optimizers.names)('ends with the same bytes (%s)', { timeout }, async (optimizer) => {
  const [uninterrupted, broken] = [join(folder, `whole-${optimizer}`), join(folder, `broken-${optimizer}`)];
  const dataset = tinyDataset(8);
  const config = tinyConfig({ optimizer, steps: STEPS });
  await train({ ...(await startRun(config, uninterrupted, { dataset })), threads: 1 });
  const random = new RandomStream(0, 'kills');
  mkdirSync(join(broken, 'checkpoints'), { recursive: true });
  let duringWrites = 0;
  let kills = 0;
  for (; kills < KILLS || (duringWrites < LEAST_DURING_WRITES && kills < 3 * KILLS); kills++) {
    expect(await killed(broken, optimizer, random), `kill ${kills}`).toBe('SIGKILL');
    const files = readdirSync(join(broken, 'checkpoints'));
    duringWrites += files.some((name) => name.endsWith('.partial')) ? 1 : 0;
  }
  expect(duringWrites).toBeGreaterThanOrEqual(LEAST_DURING_WRITES);
  const [code] = await once(training(broken, optimizer), 'exit');
  expect(code).toBe(0);
  for (const path of [
    (run: string) => checkpointPath(runPaths(run), STEPS),
    (run: string) => runPaths(run).metrics,
  ]) {
    expect(readFileSync(path(broken)).equals(readFileSync(path(uninterrupted)))).toBe(true);
  }
  expect(
    readdirSync(broken, { recursive: true }).filter((name) => /partial|lock/.test(String(name))),
  ).toEqual([]);
});
