// Runs and exports with files of different models: every command refuses them.
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadModel } from '../../model/loading/loadModel.ts';
import { commandProcess } from '../../testing/command.ts';
import { writePng } from '../../testing/pngFiles.ts';
import { tinyImages, tinyTraining, writeTinyDataset } from '../../testing/tinyImages.ts';

const emerging = commandProcess();
const inFolder = (...names: string[]): string => join(emerging.folder, ...names);
const quick = '--threads=1';

beforeAll(async () => {
  writeTinyDataset(inFolder('data'));
  writePng(inFolder('images/a.png'), tinyImages(1, 8, 3), [8, 8, 1]);
  writePng(inFolder('others/a.png'), tinyImages(1, 8, 4), [8, 8, 1]);
  const length = ['--steps=12', '--stop-at=6', '--set=training.warmupSteps=0', '--no-test', quick];
  for (const [name, seed] of [
    ['first', 0],
    ['second', 1],
  ]) {
    const data = ['--data=data', `--seed=${seed}`, `--out=runs/${name}`];
    await emerging.json('train', ...data, ...tinyTraining, ...length);
    await emerging.json('export', `runs/${name}`, `--out=exports/${name}`);
  }
  await emerging.json('encode', 'runs/first', 'images', '--out=latents', quick);
});

beforeEach(() => {
  rmSync(inFolder('model'), { recursive: true, force: true });
});

/** Commands that use a model; `model` is its folder. */
const uses: readonly (readonly string[])[] = [
  ['evaluate', 'model', '--data=data', '--draws=1', quick],
  ['sample', 'model', '--count=2', '--out=s.png', quick],
  ['encode', 'model', 'images', '--out=again', quick],
  ['decode', 'model', 'latents', '--out=decoded', quick],
  ['interpolate', 'model', 'seed:1', 'seed:2', '--steps=3', '--out=i.png', quick],
  ['edit', 'model', 'images/a.png', '--from=images', '--towards=others', '--out=e.png', quick],
  ['score', 'model', 'images', '--draws=1', quick],
  ['doctor', 'model', '--data=data', '--images=2', quick],
];

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1)!;

async function refusals(commands: readonly (readonly string[])[]): Promise<string[]> {
  const lines: string[] = [];
  for (const args of commands) {
    const { code, stdout, stderr } = await emerging.run(...args);
    expect(code, `${args[0]}: ${stderr}`).toBe(1);
    expect(stdout).toBe('');
    // After notes on other matters.
    lines.push(`${args[0]}: ${lastLine(stderr)}`);
  }
  return lines;
}

describe('a run', () => {
  const checkpoint = 'model/checkpoints/step-00000006.safetensors';
  const checkpoints = (): string[] => readdirSync(inFolder('model/checkpoints'));
  const editConfig = (...edits: [string, string][]): void => {
    const path = inFolder('model/config.yaml');
    const text = readFileSync(path, 'utf8');
    const edited = edits.reduce((partlyEdited, [from, to]) => partlyEdited.replace(from, to), text);
    expect(edited).not.toBe(text);
    writeFileSync(path, edited);
  };
  const ofRuns = [
    ...uses,
    ['train', '--resume=model', '--no-test', quick],
    ['export', 'model', '--out=exported'],
  ];

  beforeEach(() => cpSync(inFolder('runs/first'), inFolder('model'), { recursive: true }));

  it('is refused after an edit, by every command', async () => {
    editConfig(['dilation: 1', 'dilation: 2']);
    const difference = 'model.mixing.dilation is 2, but was 1 in training';
    const line =
      `emerging: model/config.yaml does not match the weights in ${checkpoint}: ${difference}. ` +
      'Restore model/config.yaml, or the matching weights';
    const before = checkpoints();
    expect(await refusals(ofRuns)).toEqual(ofRuns.map(([name]) => `${name}: ${line}`));
    expect(checkpoints()).toEqual(before);
    await expect(loadModel(inFolder('model'))).rejects.toThrow(difference);
    const files = {
      'config.yaml': readFileSync(inFolder('model/config.yaml')),
      'checkpoints/step-00000006.safetensors': readFileSync(inFolder(checkpoint)),
    };
    await expect(loadModel(files)).rejects.toThrow(`config.yaml does not match the weights in checkpoints/`);
  });

  it('may change how it is trained, and where defaults are written out', async () => {
    editConfig(['learningRate: 0.001', 'learningRate: 0.002'], ['bits: 8', 'bits: 8\n  mask: channels']);
    const set = ['--steps=8', '--set=training.clipNorm=5', '--set=training.microBatch=8'];
    expect(await emerging.json('train', '--resume=model', '--no-test', quick, ...set)).toMatchObject({
      steps: 8,
    });
    expect(await emerging.json('sample', 'model', '--count=2', '--out=s.png', quick)).toMatchObject({
      step: 8,
    });
    expect((await emerging.run('doctor', 'model', '--images=2', quick)).code).toBe(0);
  });
});

describe('an export', () => {
  const replace = (name: string, from = 'exports/second'): void =>
    cpSync(inFolder(from, name), inFolder('model', name));
  const editFile = (name: string, edit: (text: string) => string): void => {
    const text = readFileSync(inFolder('model', name), 'utf8');
    expect(edit(text)).not.toBe(text);
    writeFileSync(inFolder('model', name), edit(text));
  };

  beforeEach(() => cpSync(inFolder('exports/first'), inFolder('model'), { recursive: true }));

  it('with the weights of another is refused by every command', async () => {
    replace('model.safetensors');
    const line =
      'emerging: model/model.safetensors is not the file that model/manifest.json lists: its SHA-256 differs; ' +
      'restore the files of one export, or export again';
    expect(await refusals(uses)).toEqual(uses.map(([name]) => `${name}: ${line}`));
    const names = ['model.safetensors', 'manifest.json'];
    const files = Object.fromEntries(names.map((name) => [name, readFileSync(inFolder('model', name))]));
    await expect(loadModel(files)).rejects.toThrow(
      'model.safetensors is not the file that manifest.json lists',
    );
    await (await loadModel({ 'model.safetensors': files['model.safetensors']! })).release();
  });

  it('with changed scores is not used to score images', async () => {
    editFile('scores.json', (text) => text.replace(/\[(\d+)\./, '[0.'));
    const { code, stderr } = await emerging.run('score', 'model', 'images', '--draws=1', quick);
    expect(lastLine(stderr)).toMatch(
      /^emerging: model\/scores\.json is not the file that model\/manifest\.json lists: its? /,
    );
    expect(code).toBe(1);
    replace('scores.json');
    expect((await emerging.run('score', 'model', 'images', '--draws=1', quick)).stderr).toContain(
      'model/scores.json does not belong to the weights in model: export again',
    );
  });

  it.each(['encoder.onnx', 'sampler.onnx', 'scores.json'])('with another %s is not sound', async (name) => {
    replace(name);
    const args = ['doctor', 'model', '--data=data', '--images=2', quick];
    const { code, stdout } = await emerging.run(...args);
    expect(code).toBe(1);
    expect(stdout).toContain(`problem  model/${name} is not the file that model/manifest.json lists: it`);
    expect(stdout).toContain('NOT SOUND: 1 problem');
  });
});
