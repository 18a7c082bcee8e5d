// Run folders from strangers: commands on them change nothing outside.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors, tensorChecksum } from '../../data/files/safetensors.ts';
import { commandProcess } from '../../testing/command.ts';
import { tinyTraining } from '../../testing/tinyImages.ts';

const emerging = commandProcess();
const inFolder = (...names: string[]): string => join(emerging.folder, ...names);

beforeAll(() => emerging.trainTiny('--steps=8', '--stop-at=6', '--out=original'));

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
    expect(await emerging.refusedWith(1, 'train', '--resume=run', '--threads=1')).toContain(
      `cannot change run/${name}: it is a link, and links in run are not followed; delete the link or replace`,
    );
    expectUntouched();
  });

  it('to the checkpoints of a run are not followed by a resume', async () => {
    cpSync(inFolder('run', 'checkpoints'), inFolder('home', 'folder'), { recursive: true });
    const before = readdirSync(inFolder('home', 'folder'));
    placeLink('checkpoints', 'folder');
    expect(await emerging.refusedWith(1, 'train', '--resume=run', '--threads=1')).toContain(
      'cannot change run/checkpoints: it is a link',
    );
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
    const sample = ['sample', 'run', '--out=run/samples.png', '--threads=1'];
    expect(await emerging.refusedWith(1, ...sample)).toContain('cannot change run/samples.png: it is a link');
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
    `absolute/config.yaml names its images by the path ${inFolder('data')}, but the run was not created by this ` +
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
    expect(await emerging.refusedWith(1, ...command, '--threads=1')).toBe(refusal(name));
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
