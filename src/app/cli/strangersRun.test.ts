// Run folders from strangers: commands on them change nothing outside.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { tensorChecksum } from '../../data/files/checksum.ts';
import { decodeSafetensors, encodeSafetensors } from '../../data/files/safetensors.ts';
import { commandProcess } from '../../testing/command.ts';
import { tinyTraining, writeTinyDataset } from '../../testing/tinyImages.ts';

const emerging = commandProcess();
const inFolder = (...names: string[]): string => join(emerging.folder, ...names);
const trainingOptions = ['--data=data', ...tinyTraining, '--threads=1'];

beforeAll(async () => {
  writeTinyDataset(inFolder('data'));
  await emerging.json('train', ...trainingOptions, '--steps=8', '--stop-at=6', '--out=original');
});

beforeEach(() => {
  rmSync(inFolder('run'), { recursive: true, force: true });
  rmSync(inFolder('home'), { recursive: true, force: true });
  cpSync(inFolder('original'), inFolder('run'), { recursive: true });
  mkdirSync(inFolder('home', 'folder'), { recursive: true });
  writeFileSync(inFolder('home', 'start'), 'mine');
  writeFileSync(inFolder('home', 'folder', 'old.1.partial'), 'mine');
});

/** Puts a link into the run in place of what has its name. */
function placeLink(name: string, to = 'start'): void {
  rmSync(inFolder('run', name), { recursive: true, force: true });
  symlinkSync(inFolder('home', to), inFolder('run', name));
}

function expectUntouched(): void {
  expect(readdirSync(inFolder('home')).sort()).toEqual(['folder', 'start']);
  expect(readFileSync(inFolder('home', 'start'), 'utf8')).toBe('mine');
  expect(readdirSync(inFolder('home', 'folder'))).toEqual(['old.1.partial']);
}

describe.runIf(process.platform !== 'win32')('links in a run folder', () => {
  it.each([
    ['README.md', 'start'],
    ['curve.png', 'start'],
    ['config.schema.json', 'start'],
    ['metrics.jsonl', 'start'],
    ['timings.jsonl', 'start'],
    ['summary.json', 'start'],
    ['samples', 'folder'],
    ['tensorboard', 'folder'],
  ])('keep a resume from starting: %s', async (name, to) => {
    placeLink(name, to);
    const { code, stderr } = await emerging.run('train', '--resume=run', '--threads=1');
    expect(stderr).toContain(
      `emerging: cannot change run/${name}: it is a link, and links in run are not followed; delete the link or replace`,
    );
    expect(code).toBe(1);
    expectUntouched();
  });

  it('to the checkpoints of a run are not followed by a resume', async () => {
    cpSync(inFolder('run', 'checkpoints'), inFolder('home', 'folder'), { recursive: true });
    const before = readdirSync(inFolder('home', 'folder'));
    placeLink('checkpoints', 'folder');
    const { code, stderr } = await emerging.run('train', '--resume=run', '--threads=1');
    expect(stderr).toContain('cannot change run/checkpoints: it is a link');
    expect(code).toBe(1);
    expect(readdirSync(inFolder('home', 'folder'))).toEqual(before);
  });

  it.each(['README.md', 'summary.json', 'worst-test.png'])(
    'are not written through by evaluate: %s',
    async (name) => {
      writeFileSync(inFolder('home', 'start'), '{}');
      placeLink(name);
      const { stdout, stderr } = await emerging.run('evaluate', 'run', '--draws=1', '--threads=1');
      expect(stderr).toContain(`cannot change run/${name}: it is a link`);
      expect(stdout).toContain('bits/dim');
      expect(readFileSync(inFolder('home', 'start'), 'utf8')).toBe('{}');
    },
  );

  it('are not written through where an output is named in it', async () => {
    placeLink('samples.png');
    const { code, stderr } = await emerging.run('sample', 'run', '--out=run/samples.png', '--threads=1');
    expect(stderr).toContain('cannot change run/samples.png: it is a link');
    expect(code).toBe(1);
    expectUntouched();
  });

  it('are written through elsewhere, where the user has made them', async () => {
    symlinkSync(inFolder('home', 'start'), inFolder('home', 'mine.png'));
    await emerging.json('sample', 'run', '--out=home/mine.png', '--threads=1');
    expect(readFileSync(inFolder('home', 'start')).subarray(1, 4).toString()).toBe('PNG');
  });

  it('are read: checkpoints may be on another disk', async () => {
    cpSync(inFolder('run', 'checkpoints'), inFolder('home', 'folder'), { recursive: true });
    placeLink('checkpoints', 'folder');
    await emerging.json('evaluate', 'run', '--draws=1', '--threads=1');
  });
});

describe('a run with its images at an absolute path', () => {
  const options = [...tinyTraining, '--threads=1', '--steps=2', '--no-test'];
  const refusal = (name: string) =>
    `emerging: absolute/config.yaml names its images by the path ${inFolder('data')}, but the run was not created by this ` +
    `account: name them with --${name} ${inFolder('data')} if you mean these`;

  beforeAll(async () => {
    await emerging.json('train', `--data=${inFolder('data')}`, ...options, '--out=own');
    cpSync(inFolder('own'), inFolder('absolute'), { recursive: true });
    rmSync(inFolder('absolute', 'data.mark'), { force: true });
  });

  it('is opened by the account that made it, also under another name', async () => {
    cpSync(inFolder('own'), inFolder('moved'), { recursive: true });
    const { evaluations } = await emerging.json('train', '--resume=moved', '--steps=3', '--threads=1');
    expect(evaluations).toHaveLength(1);
    await emerging.json('evaluate', 'moved', '--draws=1', '--threads=1');
    await emerging.json('train', '--config=moved/config.yaml', '--out=again', '--threads=1', '--no-test');
  });

  it.each([
    ['evaluate', 'data', ['evaluate', 'absolute', '--draws=1']],
    ['doctor', 'data', ['doctor', 'absolute', '--images=2']],
    ['compare', 'data', ['compare', 'absolute', 'own', '--out=absolute.png']],
    ['score', 'reference', ['score', 'absolute', '--data=data', '--draws=1']],
    ['train --resume', 'data', ['train', '--resume=absolute', '--steps=3', '--no-test']],
    ['train --config', 'data', ['train', '--config=absolute/config.yaml', '--out=other', '--no-test']],
  ])('is not followed there by %s unless it is named', async (_, name, command) => {
    const refused = await emerging.run(...command, '--threads=1');
    expect(refused.stderr.trim()).toBe(refusal(name));
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    const named = await emerging.run(...command, `--${name}=${inFolder('data')}`, '--threads=1');
    expect(named.stderr).not.toContain('emerging: ');
    expect(named.stdout).not.toBe('');
  });

  it('is not recognised by a mark of another path', async () => {
    cpSync(inFolder('own'), inFolder('forged'), { recursive: true });
    const config = readFileSync(inFolder('own', 'config.yaml'), 'utf8');
    writeFileSync(inFolder('forged', 'config.yaml'), config.replace(inFolder('data'), inFolder('home')));
    const { stderr } = await emerging.run('evaluate', 'forged', '--threads=1');
    expect(stderr).toContain(`names its images by the path ${inFolder('home')}, but the run was not created`);
  });
});

it('evaluate prints but does not store results on images from outside the run', async () => {
  const before = readFileSync(inFolder('run', 'summary.json'), 'utf8');
  writeTinyDataset(inFolder('other data'), { seed: 5 });
  const args = ['--data=other data', '--draws=1', '--threads=1', '--json'];
  const { code, stdout, stderr } = await emerging.run('evaluate', 'run', ...args);
  expect(stderr).toContain(
    'the result is printed but not saved: other data is not the dataset of the run, data',
  );
  expect(JSON.parse(stdout)).toMatchObject({ data: 'other data', worstPicture: null });
  expect(code).toBe(0);
  expect(readFileSync(inFolder('run', 'summary.json'), 'utf8')).toBe(before);
});

it('evaluate fails if the bits/dim are not finite', async () => {
  const [name] = readdirSync(inFolder('run', 'checkpoints')).sort().slice(-1);
  const path = inFolder('run', 'checkpoints', name!);
  const { tensors, metadata } = decodeSafetensors(readFileSync(path), path);
  tensors.forEach(({ data }, tensor) => {
    if (tensor.startsWith('average/')) {
      data.fill(1e30);
    }
  });
  const { checksum: _, ...otherFields } = metadata;
  const about = { ...otherFields, checksum: tensorChecksum(tensors, otherFields) };
  writeFileSync(path, encodeSafetensors(tensors, about));
  const { code, stdout, stderr } = await emerging.run('evaluate', 'run', '--draws=1', '--threads=1');
  expect(stderr).toMatch(/the bits\/dim of the test images are not finite \((NaN|-?Infinity)\)/);
  expect(stdout).toMatch(/(NaN|Infinity) bits\/dim/);
  expect(code).toBe(1);
});

describe.runIf(process.platform !== 'win32')('a training that was stopped', () => {
  it('ends in words, and changes nothing, if another has taken the run meanwhile', async () => {
    const [node, ...words] = emerging.words('train', ...trainingOptions, '--steps=100000', '--out=stopped');
    const child = spawn(node!, words, { cwd: emerging.folder, stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const ended = once(child, 'exit');
    onTestFinished(() => void child.kill('SIGKILL'));
    const metrics = inFolder('stopped', 'metrics.jsonl');
    const lines = (): number => (existsSync(metrics) ? readFileSync(metrics, 'utf8').split('\n').length : 0);
    while (lines() < 5 && child.exitCode === null) {
      await wait(20);
    }
    child.kill('SIGSTOP');
    await wait(50);
    const lock = inFolder('stopped', 'training.lock');
    const otherLock = JSON.stringify({
      ...JSON.parse(readFileSync(lock, 'utf8')),
      host: 'elsewhere',
      pid: 77,
    });
    rmSync(lock);
    writeFileSync(lock, otherLock);
    const before = readdirSync(inFolder('stopped'), { recursive: true });
    const linesBefore = lines();
    child.kill('SIGCONT');
    const [code] = await ended;
    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(
      /emerging: this training of stopped stops here, because another may have started: process 77 on elsewhere has taken the lock stopped\/training\.lock, .* emerging train --resume stopped resumes the run/,
    );
    expect(readdirSync(inFolder('stopped'), { recursive: true })).toEqual(before);
    // It may have been stopped between its last check and that write.
    expect(lines() - linesBefore).toBeLessThanOrEqual(1);
    expect(readFileSync(lock, 'utf8')).toBe(otherLock);
  });
});
