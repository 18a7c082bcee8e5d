// User errors: each is reported in one line that says what, where and what to do, and leaves nothing behind.
import { cpSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { commandProcess } from '../../testing/command.ts';
import { tinyTraining, writeTinyDataset } from '../../testing/tinyImages.ts';

const emerging = commandProcess();
const inFolder = (...path: string[]): string => join(emerging.folder, ...path);

const train = ['train', '--data=data', ...tinyTraining];
const latest = 'checkpoints/step-00000002.safetensors';

/** What is wrong, the arguments, the exit code, and the line on stderr after `emerging: `. */
const usage: [string, string[], string | RegExp][] = [
  ['no such command', ['trian'], "unknown command 'trian': did you mean train?"],
  [
    'samples into a folder that does not exist',
    ['sample', 'runs/a', '--out', 'none/x.png'],
    'cannot write none/x.png: there is no folder none; create it or check the name',
  ],
  [
    'a run that does not exist and no output',
    ['sample', 'nothere'],
    /^nothere is neither a run folder nor an export: it does not exist; name one /,
  ],
  [
    'far too many threads',
    [...train, '--threads', '100000'],
    /^option '--threads <n>' argument '100000' is invalid\. This machine has \d+ cores?, and more than 4 threads per core slow each other down: use at most \d+\.$/,
  ],
  [
    'a split of files',
    ['encode', 'runs/a', 'empty', '--split=train', '--out=x'],
    '--split train is for a dataset: name it with --data, or leave --split out to use all of these images',
  ],
  ...[
    ['compress', 'empty', '--split=train', '--model=runs/a', '--out=x'],
    ['score', 'runs/a', 'empty', '--split=test'],
  ].map((args): [string, string[], RegExp] => ['a split of files', args, /^--split \w+ is for a dataset: /]),
  ...[
    ['train', '--config=none'],
    ['study', 'none'],
    ['decode', 'runs/a', 'none', '--out=x'],
    ['decompress', 'none', '--out=x'],
  ].map((args): [string, string[], string] => [
    'a missing file',
    args,
    'cannot read none: it does not exist; check the name',
  ]),
  [
    'help on a module that is missing',
    ['sample', '--help', '--import', 'none.mjs'],
    /^the module file:.*none\.mjs cannot be imported: /,
  ],
  ['help on no command', ['help', 'trian'], "unknown command 'trian': did you mean train?"],
  [
    'help on no command, after options',
    ['--import', 'help', 'help', 'trian'],
    "unknown command 'trian': did you mean train?",
  ],
  [
    'help of datasets on no subcommand',
    ['datasets', 'help', 'sow'],
    "unknown command 'sow': did you mean show?",
  ],
  ['help on no subcommand', ['help', 'datasets', 'sow'], "unknown command 'sow': did you mean show?"],
  [
    'a port for files',
    ['studio', '--port=80', '--build=x'],
    "option '--build <dir>' cannot be used with option '--port <n>'",
  ],
  [
    'two formats',
    ['config', '--schema', '--markdown'],
    "option '--schema' cannot be used with option '--markdown'",
  ],
  [
    'a folder that holds a run',
    [...train, '--out', 'runs/a'],
    'runs/a already holds a run; choose another folder, for example runs/a-2',
  ],
  [
    'another model when resuming',
    ['train --resume runs/a --set model.conditioner.width=9 --set training.learningRate=0.1'],
    'a resume cannot change model.conditioner.width: start a new run; a resume can change training.optimizer.biasCorrection, training.optimizer.epsilon, training.optimizer.momentum, training.optimizer.restLearningRate, training.optimizer.weightDecay, training.learningRate, training.warmupEpochs, training.warmupSteps, training.decay, training.decayCurve, training.microBatch, training.epochs, training.steps, training.averageDecay, training.clipNorm, training.gradientNormsEvery',
  ],
  [
    'measuring a folder that is not a run',
    ['evaluate', 'data'],
    'data is neither a run folder nor an export: it has neither a config.yaml nor a manifest.json; name one that was created by training or export, for example runs/quickstart',
  ],
  [
    'measuring images of a different size from the training images',
    ['evaluate', 'runs/resized'],
    'the images of larger are 16x16x1, but the model was trained on images of 8x8x1: restore those images, or train a new model on these',
  ],
];

/** The same for errors outside the arguments. */
const failures: [string, string[], string | RegExp][] = [
  [
    'an empty folder',
    ['train', '--data', 'empty'],
    "dataset 'empty': the folder is empty; put PNG, .npy, FITS, JPEG, WebP, GIF, TIFF or AVIF images into it",
  ],
  [
    'a truncated checkpoint',
    ['evaluate', 'runs/truncated'],
    new RegExp(
      `^cannot read runs/truncated/${latest} as safetensors: it is truncated, with \\d+ of \\d+ bytes of tensors; ` +
        'the file is corrupt or in another format, use another copy, or delete it to go back to step 1$',
    ),
  ],
  [
    'no usable checkpoint to resume from',
    ['train', '--resume', 'runs/allFlipped', '--steps', '4'],
    /^no usable checkpoint in runs\/allFlipped; the latest: cannot read .*; or delete runs\/allFlipped\/checkpoints to restart training from scratch$/,
  ],
  [
    'a location where no folder can be created',
    [...train, '--out', '/proc/nothing/x'],
    'cannot create the folder /proc/nothing/x: its file system does not allow it; choose another location',
  ],
  ...[
    ['train', '--data', 'nowhere', '--out', '/proc/new'],
    ['decode', 'nowhere', 'x', '--out', '/proc/new'],
    ['score', 'nowhere', 'x', '--map', '/proc/new'],
  ].map((args): [string, string[], string] => [
    `before any work, a location where ${args[0]} can create no folder`,
    args,
    'cannot create the folder /proc/new: its file system does not allow it; choose another location',
  ]),
  [
    'before any work, a location where no file can be created',
    ['sample', 'nowhere', '--out', '/proc/x.png'],
    'cannot write /proc/x.png: its file system does not allow it; choose another location',
  ],
];

// With the CUDA libraries installed, the device may exist too.
const runtime = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
if (
  !readdirSync(runtime, { recursive: true, encoding: 'utf8' }).some((file) => file.includes('providers_cuda'))
) {
  failures.push([
    'an unavailable device',
    [...train, '--device', 'cuda', '--out', 'runs/cuda'],
    /^the device 'cuda' does not work here: .+; emerging devices shows what is missing, or use --device cpu$/,
  ]);
}

beforeAll(async () => {
  writeTinyDataset(inFolder('data'));
  writeTinyDataset(inFolder('larger'), { size: 16 });
  mkdirSync(inFolder('empty'));
  await emerging.json(...train, '--steps=2', '--out=runs/a', '--threads=1');
  const variant = (name: string, change: (run: string) => void): void => {
    cpSync(inFolder('runs/a'), inFolder('runs', name), { recursive: true });
    change(inFolder('runs', name));
  };
  variant('truncated', (run) => truncateSync(join(run, latest), 20_000));
  variant('resized', (run) =>
    edit(join(run, 'config.yaml'), (text) => text.replace('name: data', 'name: larger')),
  );
  // The first character of the header, after its length.
  const flip = (text: string): string => `${text.slice(0, 8)}[${text.slice(9)}`;
  variant('allFlipped', (run) => {
    for (const name of readdirSync(join(run, 'checkpoints'))) {
      edit(join(run, 'checkpoints', name), flip);
    }
  });
});

function edit(file: string, change: (text: string) => string): void {
  writeFileSync(file, change(readFileSync(file, 'latin1')), 'latin1');
}

/** Every path in the folder, with the bytes of the files. */
function snapshot(): Map<string, string> {
  const entries = readdirSync(emerging.folder, { recursive: true, withFileTypes: true });
  return new Map(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path, entry.isFile() ? readFileSync(path, 'latin1') : 'a folder'];
    }),
  );
}

describe.each([
  [2, usage],
  [1, failures],
])('exit code %i', (exitCode, cases) => {
  it.each(cases)('%s', async (_, args, expected) => {
    const before = snapshot();
    const { code, stdout, stderr } = await emerging.run(...args);
    const [line, ...laterLines] = stderr.split('\n');
    expect(laterLines, stderr).toEqual(['']);
    const [, message] = /^emerging: (.*)$/.exec(line!) ?? [line, undefined];
    if (typeof expected === 'string') {
      expect(message).toBe(expected);
    } else {
      expect(message).toMatch(expected);
    }
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
    expect(snapshot()).toEqual(before);
  });
});

it('reports the error as JSON with --json', async () => {
  const { code, stdout, stderr } = await emerging.run('evaluate', 'runs/none', '--json');
  expect(code).toBe(2);
  const { error, ...otherFields } = JSON.parse(stdout);
  expect(stderr).toBe(`emerging: ${error}\n`);
  expect(otherFields).toEqual({ code: 'not-found' });
});

it('leaves no run behind that did not complete its first step', async () => {
  const before = snapshot();
  const tooLarge = [...train, '--set=model.conditioner.width=8192', '--set=model.depth=1000'];
  const { code, stderr } = await emerging.run(...tooLarge, '--out=new/run');
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^emerging: the weights and the optimiser's arrays take [\d.]+ GiB of memory, .*: use/m,
  );
  // The parent folder of a run is not part of it.
  expect(snapshot()).toEqual(before.set(inFolder('new'), 'a folder'));
});
