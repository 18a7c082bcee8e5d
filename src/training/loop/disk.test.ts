// Training on a failing disk: full, read-only, or with its folder moved away. Each run ends with a clear
// message, and what was saved before can be loaded.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../core/errors.ts';
import { savedSteps } from '../../runs/folder/runFolder.ts';
import { commandLine } from '../../testing/command.ts';
import { tinyTraining, writeTinyDataset } from '../../testing/tinyImages.ts';
import { tinyRunFolders } from '../../testing/tinyRunFolders.ts';
import type { TrainingEvents } from './trainingEvents.ts';

const { inRoot, paths, begin, goOn } = tinyRunFolders();
const emerging = commandLine();

/** Trains a run of 6 steps until it fails. */
async function failing(name: string, events: TrainingEvents): Promise<UserError> {
  const error = await begin(name, { events }).then(
    () => new Error('it did not fail'),
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  expect(error.message).not.toContain('\n');
  return error;
}

describe('a folder moved away during training', () => {
  it('ends the training; once restored, it resumes', async () => {
    const [from, to] = [inRoot('moved'), inRoot('elsewhere')];
    const error = await failing('moved', { onStep: (step) => step === 3 && renameSync(from, to) });
    expect(error.message).toMatch(/^cannot write .*metrics\.jsonl: there is no folder .*moved/);
    expect(existsSync(from)).toBe(false);
    renameSync(to, from);
    expect(savedSteps(paths('moved')).at(-1)).toBe(2);
    expect((await goOn('moved')).state.step).toBe(6);
  });

  it('is recreated if only the checkpoints folder is gone', async () => {
    const { checkpoints } = paths('lost');
    const events = { onStep: (step: number) => step === 3 && rmSync(checkpoints, { recursive: true }) };
    await begin('lost', { events });
    expect(readdirSync(checkpoints)).toEqual(['step-00000004.safetensors', 'step-00000006.safetensors']);
  });
});

describe('a checkpoint that cannot be written', () => {
  it('ends the training with a message that names it', async () => {
    const { checkpoints } = paths('file');
    const error = await failing('file', {
      onStep(step) {
        if (step === 3) {
          mkdirSync(join(checkpoints, 'step-00000004.safetensors'));
        }
      },
    });
    expect(error.message).toMatch(/^cannot write .*step-00000004\.safetensors: it is a folder; name a file$/);
  });
});

/** A shell in its own namespace, where it may mount; null if the system does not permit that. */
function mountingShell(): string[] | null {
  const shell = ['unshare', '--user', '--map-root-user', '--mount', 'bash', '-ec'];
  const folder = mkdtempSync(inRoot('mount-'));
  const { status } = spawnSync(shell[0]!, [...shell.slice(1), `mount -t tmpfs -o size=1m tmpfs ${folder}`]);
  return status === 0 ? shell : null;
}

const shell = mountingShell();

describe.skipIf(shell === null)('a disk (needs a namespace that may mount)', { tags: 'system' }, () => {
  it('that is full ends the training with a clear message, and the last good state loads', async () => {
    writeTinyDataset(join(emerging.folder, 'data'));
    const full = join(emerging.folder, 'full');
    mkdirSync(full);
    // The first checkpoints fit, later ones do not; the disk's contents are copied out before it is
    // unmounted.
    const command = emerging.words('train', '--data=data', ...tinyTraining, '--steps=400', '--out=full/run');
    const [program, ...shellArgs] = shell!;
    const script =
      `mount -t tmpfs -o size=400k tmpfs ${full}; cd ${emerging.folder}; ` +
      `${command.map((word) => `'${word}'`).join(' ')} 2> failure || code=$?; cp -r ${full}/run ${inRoot('full')}; echo code $code`;
    const output = execFileSync(program!, [...shellArgs, script], { encoding: 'utf8' });
    const failure = readFileSync(join(emerging.folder, 'failure'), 'utf8');
    expect(output).toContain('code 1');
    expect(failure).toMatch(
      /\nemerging: cannot write full\/run\/\S+: no space is left on the disk; free some or .*\. The run is safe up to step \d+: emerging train --resume full\/run resumes from there\n$/,
    );
    const latest = savedSteps(paths('full')).at(-1);
    expect(failure).toContain(`safe up to step ${latest}:`);
    const goesOn = await emerging.json('train', '--resume', inRoot('full'), '--no-test');
    expect(goesOn).toMatchObject({ steps: 400, complete: true });
  });

  it('that is read-only stops a resume, which works once the disk is writable', () => {
    writeTinyDataset(join(emerging.folder, 'data'));
    const disk = join(emerging.folder, 'disk');
    mkdirSync(disk);
    const call = (...args: string[]): string => emerging.words(...args).join(' ');
    const begin = call('train', '--data=data', ...tinyTraining, '--steps=6', '--stop-at=2', '--out=disk/run');
    const resume = call('train', '--resume=disk/run', '--no-test', '--json');
    const [program, ...shellArgs] = shell!;
    const script =
      `mount -t tmpfs -o size=9m tmpfs ${disk}; cd ${emerging.folder}; ${begin}; mount -o remount,ro ${disk}; ` +
      `${resume} || code=$?; echo code $code; mount -o remount,rw ${disk}; ${resume}`;
    const output = execFileSync(program!, [...shellArgs, script], { encoding: 'utf8', stdio: 'pipe' });
    expect(output).toMatch(
      /cannot write disk\/run\/training\.lock: the disk is read-only; .*\ncode 1\n\{"run":.*"steps":6,.*"parameters":\d+,"complete":true/,
    );
  });
});
