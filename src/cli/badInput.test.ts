// User errors: each is reported in one line that says what, where and what to do, and leaves nothing behind.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeSafetensors } from '../storage/safetensors.ts';
import { commandProcess } from '../testing/command.ts';
import { writePng } from '../testing/pngFiles.ts';
import { tinyTraining, writeTinyDataset } from '../testing/tinyImages.ts';

const emerging = commandProcess();
const inFolder = (...path: string[]): string => join(emerging.folder, ...path);

const train = ['train', '--data=data', ...tinyTraining];
const images = 'train-images-idx3-ubyte';
const latest = 'checkpoints/step-00000002.safetensors';
const isNoModel = 'name one that was created by training or export, for example';
const isNoRun = 'name one that was created by training, for example';

/** What is wrong, the arguments, the exit code, and the line on stderr after `emerging: `. */
const usage: [string, string[], string | RegExp][] = [
  ['no such command', ['trian'], "unknown command 'trian': did you mean train?"],
  ['no similar command', ['xyz'], /^unknown command 'xyz': known: train, /],
  ['no such subcommand', ['datasets', 'shwo'], "unknown command 'shwo': did you mean show?"],
  [
    'no such option',
    ['train', '--stpes', '3'],
    "unknown option '--stpes' (Did you mean --steps?); see emerging train --help",
  ],
  [
    'no such option in a subcommand',
    ['datasets', 'show', '--foo'],
    "unknown option '--foo'; see emerging datasets show --help",
  ],
  [
    'samples into a folder that does not exist',
    ['sample', 'runs/a', '--out', 'none/x.png'],
    'cannot write none/x.png: there is no folder none; create it or check the name',
  ],
  [
    'a studio of a folder that does not exist',
    ['studio', 'runs/none'],
    'there is no folder runs/none: name a run, an export, or a folder of them',
  ],
  [
    'an image that does not exist',
    ['edit', 'runs/a', 'none.png', '--from', 'data', '--towards', 'empty', '--out', 'x.png'],
    'cannot read none.png: it does not exist; check the name',
  ],
  [
    'an edit between two equal groups',
    ['edit', 'runs/a', 'small.png', '--from', 'data', '--towards', 'runs/../data', '--out', 'x.png'],
    '--from data and --towards runs/../data are the same, so nothing would change: name two different folders',
  ],
  [
    'several amounts in one',
    [
      'edit',
      'runs/a',
      'small.png',
      '--from',
      'data',
      '--towards',
      'empty',
      '--amount',
      '1,2',
      '--out',
      'x.png',
    ],
    "option '--amount <a>' argument '1,2' is invalid. It must be one finite number, such as 0.5; repeat the option for several.",
  ],
  [
    'a dataset shown in another format',
    ['datasets', 'show', 'data', '--out', 'x.jpg'],
    'cannot write x.jpg: pictures are written as PNG; name it x.png',
  ],
  [
    'latents written to a folder',
    ['encode', 'runs/a', 'small.png', '--out', 'runs'],
    'cannot write runs: it is a folder; name a file',
  ],
  [
    'a picture in another format',
    ['sample', 'runs/a', '--out', 'x.jpg'],
    'cannot write x.jpg: pictures are written as PNG; name it x.png',
  ],
  [
    'latents that do not exist',
    ['decode', 'runs/a', 'none.latents', '--out', 'decoded'],
    'cannot read none.latents: it does not exist; check the name',
  ],
  ['help for an unknown command', ['trian', '--help'], "unknown command 'trian': did you mean train?"],
  [
    'a truncated option',
    ['sample', 'runs/a', '--temp', '1', '--out', 'x.png'],
    "unknown option '--temp' (Did you mean --temperature?); see emerging sample --help",
  ],
  ['no run named', ['evaluate'], "missing required argument 'run'; see emerging evaluate --help"],
  [
    'a run that does not exist and no output',
    ['sample', 'nothere'],
    /^nothere is neither a run folder nor an export: it does not exist; name one /,
  ],
  [
    'no output named',
    ['sample', 'runs/a'],
    'nowhere to write: name a PNG with --out, or an array with --array',
  ],
  [
    'too many arguments',
    ['train', 'mnist'],
    "too many arguments for 'train'. Expected 0 arguments but got 1; see emerging train --help",
  ],
  [
    'no such preset',
    ['train', '--preset', 'mnist-quikstart'],
    "unknown preset 'mnist-quikstart': did you mean mnist-quickstart?",
  ],
  [
    'no such dataset',
    ['train', '--data', 'mnsit'],
    "unknown file, folder or dataset 'mnsit': did you mean mnist?",
  ],
  ['no such path', ['train', '--data', 'my/images'], "dataset 'my/images': no such file or folder"],
  [
    'a key with a typo',
    [...train, '--set', 'model.dept=3'],
    "unknown key 'model.dept': did you mean model.depth?",
  ],
  [
    'a key without its section',
    [...train, '--set', 'depth=3'],
    "unknown key 'depth': did you mean model.depth?",
  ],
  [
    'a word instead of a number',
    [...train, '--set', 'model.depth=deep'],
    "model.depth must be a whole number from 1 to 1000, not 'deep'",
  ],
  [
    'a setting without a value',
    [...train, '--set', 'model.depth'],
    "the setting 'model.depth' must be key=value, as in model.levels=2",
  ],
  [
    'a word instead of a number in a file',
    ['train', '--config', 'wrong.yaml'],
    "wrong.yaml: model.depth must be a whole number from 1 to 1000, not 'two'",
  ],
  [
    'a file that is not YAML',
    ['train', '--config', 'broken.yaml'],
    /^broken\.yaml:2: not valid YAML: [^\n]+$/,
  ],
  [
    'a kernel larger than any image',
    [...train, '--set', 'model.kernelSize=99'],
    'model.kernelSize 99 has taps 49 pixels from its centre, and the largest images between couplings are 4 x 4: ' +
      'use a kernelSize of 7 or less',
  ],
  [
    'two lengths',
    [...train, '--steps', '3', '--epochs', '3'],
    'training.epochs and training.steps are mutually exclusive: keep one of them',
  ],
  [
    'images that cannot be halved that many times',
    [...train, '--set', 'model.levels=4'],
    '4 levels need sides divisible by 16, and the images are 8 x 8: at most 3 levels fit',
  ],
  [
    'an even kernel',
    [...train, '--set', 'model.kernelSize=4'],
    'model.kernelSize must be an odd whole number from 3 to 255, not 4',
  ],
  [
    'no such mixing',
    [...train, '--set', 'model.mixing=emergin'],
    "unknown model.mixing 'emergin': did you mean emerging? Register your own first: --import MODULE",
  ],
  [
    'checkerboards for more levels than a model has',
    [...train, '--set', 'model.levels=1', '--set', 'model.checkerboard=[1, 2]'],
    'model.checkerboard lists 2 levels, and model.levels is 1: list at most 1',
  ],
  ['no such device', [...train, '--device', 'gpu'], "unknown device 'gpu': did you mean cpu or webgpu?"],
  [
    'no threads',
    [...train, '--threads', '0'],
    "option '--threads <n>' argument '0' is invalid. It must be a whole number of 1 or more.",
  ],
  [
    'far too many threads',
    [...train, '--threads', '100000'],
    /^option '--threads <n>' argument '100000' is invalid\. This machine has \d+ cores?, and more than 4 threads per core slow each other down: use at most \d+\.$/,
  ],
  [
    'more workers than threads',
    [...train, '--threads', '1', '--workers', '2'],
    '2 workers need at least one thread each: use --threads 2 or more, not 1',
  ],
  [
    'a number of workers that does not divide the images',
    [...train, '--threads', '3', '--workers', '3', '--activations', 'recompute'],
    '16 images cannot be divided evenly among 3 workers: use a divisor of 16',
  ],
  [
    'the same when resuming, before the checkpoints are read',
    ['train', '--resume', 'runs/allFlipped', '--steps', '4', '--threads', '3', '--workers', '3'],
    '16 images cannot be divided evenly among 3 workers: use a divisor of 16',
  ],
  [
    'a preset in capitals',
    ['train', '--preset=MNIST-QUICKSTART'],
    "unknown preset 'MNIST-QUICKSTART': did you mean mnist-quickstart?",
  ],
  [
    'a truncated preset in capitals',
    ['train', '--preset=MNIST'],
    "unknown preset 'MNIST': did you mean mnist?",
  ],
  [
    'a GPU index that is not a number',
    [...train, '--device', 'cuda:x'],
    /^'cuda:x': choose a GPU by its number/,
  ],
  ['a device without its number', [...train, '--device', 'cuda:'], /^'cuda:': choose a GPU by its number/],
  [
    'a number of no device',
    [...train, '--device', 'gpu:1'],
    "unknown device 'gpu': did you mean cpu or webgpu?",
  ],
  ['a second CPU', [...train, '--device', 'cpu:1'], "'cpu:1': there is one CPU; use cpu"],
  [
    'an adapter by its number',
    [...train, '--device', 'webgpu:0'],
    "'webgpu:0': the runtime chooses the adapter itself; use webgpu, and hide the drivers of other adapters with VK_LOADER_DRIVERS_SELECT (docs/gpu.md)",
  ],
  [
    'threads of a device',
    [...train, '--device', 'webgpu', '--threads', '1'],
    '--threads 1 is for the CPU: leave it out with --device webgpu',
  ],
  ['an empty device', [...train, '--device='], "unknown device '': known: cpu, webgpu, cuda, wasm"],
  ['an empty folder', [...train, '--out='], '--out is empty: give it a value, or leave it out'],
  [
    'an existing run folder and images that do not exist',
    ['train', '--data=none/at/all', '--out=runs/a'],
    'runs/a already holds a run; choose another folder, for example runs/a-2',
  ],
  [
    'no steps',
    [...train, '--steps', '0'],
    "option '--steps <n>' argument '0' is invalid. It must be a whole number of 1 or more.",
  ],
  [
    'a folder that holds a run',
    [...train, '--out', 'runs/a'],
    'runs/a already holds a run; choose another folder, for example runs/a-2',
  ],
  [
    'a file instead of a run folder',
    [...train, '--out', 'wrong.yaml'],
    'cannot create the run folder wrong.yaml: it is a file; choose another name',
  ],
  [
    'another preset when resuming',
    ['train', '--resume', 'runs/a', '--preset', 'mnist-1x1'],
    "--resume continues with the run's own configuration: omit --preset",
  ],
  [
    'another model when resuming',
    ['train', '--resume', 'runs/a', '--set', 'model.width=9', '--set', 'training.learningRate=0.1'],
    'a resume cannot change model.width: start a new run; a resume can change training.biasCorrection, training.epsilon, training.weightDecay, training.momentum, training.restLearningRate, training.learningRate, training.warmupEpochs, training.warmupSteps, training.decay, training.decayCurve, training.microBatch, training.epochs, training.steps, training.averageDecay, training.clipNorm, training.gradientNormsEvery',
  ],
  [
    'no run to resume',
    ['train', '--resume', 'runs/b'],
    `runs/b is not a run folder: it does not exist; ${isNoRun} runs/a`,
  ],
  [
    'measuring a folder that is not a run',
    ['evaluate', 'data'],
    `data is neither a run folder nor an export: it has neither a config.yaml nor a manifest.json; ${isNoModel} runs/quickstart`,
  ],
  [
    'sampling a folder of runs',
    ['sample', 'runs', '--out', 'x.png'],
    `runs is neither a run folder nor an export: it has neither a config.yaml nor a manifest.json; ${isNoModel} runs/a`,
  ],
  ['no such split', ['evaluate', 'runs/a', '--split', 'tset'], "unknown split 'tset': did you mean test?"],
  ['no such weights', ['evaluate', 'runs/a', '--weights', 'rwa'], "unknown weights 'rwa': did you mean raw?"],
  [
    'a temperature below zero',
    ['sample', 'runs/a', '--temperature', '-1', '--out', 'x.png'],
    "option '--temperature <t>' argument '-1' is invalid. It must be a number of 0 or more.",
  ],
  [
    'a temperature that is not a number',
    ['interpolate', 'runs/a', 'seed:1', 'seed:2', '--temperature', 'warm', '--out', 'x.png'],
    "option '--temperature <t>' argument 'warm' is invalid. It must be a number of 0 or more.",
  ],
  [
    'no images to encode',
    ['encode', 'runs/a', '--out', 'x'],
    'no images: name image files or folders, or a dataset with --data',
  ],
  [
    'image files and a dataset',
    ['score', 'runs/a', 'wide.png', '--data', 'data'],
    'images and --data cannot be combined: use one of them',
  ],
  [
    'a seed that is not a number',
    ['interpolate', 'runs/a', 'seed:1', 'seed:two', '--out', 'x.png'],
    "'seed:two' must be seed: followed by a whole number, such as seed:7",
  ],
  [
    'a seed without seed:',
    ['interpolate', 'runs/a', 'seed:1', '2', '--out', 'x.png'],
    'there is no file 2; did you mean seed:2?',
  ],
  [
    'an interpolation without both ends',
    ['interpolate', 'runs/a', 'seed:1', 'seed:2', '--steps', '1', '--out', 'x.png'],
    "option '--steps <n>' argument '1' is invalid. It must be 2 or more: the row includes both ends.",
  ],
  [
    'an amount that is not a number',
    [
      'edit',
      'runs/a',
      'wide.png',
      '--from',
      'data',
      '--towards',
      'data',
      '--amount',
      'half',
      '--out',
      'x.png',
    ],
    "option '--amount <a>' argument 'half' is invalid. It must be one finite number, such as 0.5; repeat the option for several.",
  ],
  [
    'scores in an unknown format',
    ['score', 'runs/a', 'wide.png', '--out', 'x.txt'],
    '--out x.txt: scores are written as .csv or .json; give the file one of these endings',
  ],
  [
    'decoded images into a folder that is not empty',
    ['decode', 'runs/a', 'other.latents', '--out', 'data'],
    'data is not empty (it contains t10k-images-idx3-ubyte); choose another folder',
  ],
  [
    'measuring images of a different size from the training images',
    ['evaluate', 'runs/resized'],
    'the images of larger are 16x16x1, but the model was trained on images of 8x8x1: restore those images, or train a new model on these',
  ],
  [
    'the same when resuming',
    ['train', '--resume', 'runs/resized', '--steps', '4'],
    /^the images of larger are 16x16x1, but the model was trained on images of 8x8x1: /,
  ],
  [
    'a run without validation images to compare with',
    ['score', 'runs/unvalidated', 'small.png'],
    'data has no validation images: the run was trained with data.validation 0',
  ],
  [
    'measuring validation images of a run that has none',
    ['evaluate', 'runs/unvalidated', '--split', 'validation'],
    'data has no validation images: the run was trained with data.validation 0; choose another --split',
  ],
  [
    'the same when comparing two runs',
    ['compare', 'runs/unvalidated', 'runs/unvalidatedToo'],
    'data has no validation images: the run was trained with data.validation 0; choose another --split',
  ],
  [
    'the same when examining',
    ['doctor', 'runs/unvalidated'],
    'data has no validation images: the run was trained with data.validation 0; choose another --split',
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
    'a text file instead of images',
    ['datasets', 'prepare', 'wrong.yaml', '--size', '8'],
    "dataset 'wrong.yaml': neither an archive (.zip, .tar, .tar.gz) nor an array (.npy, .npz, .parquet) of images, nor a prepared file; name one, or a folder",
  ],
  [
    'no such config file',
    ['train', '--config', 'none.yaml'],
    'cannot read none.yaml: it does not exist; check the name',
  ],
  [
    'a folder instead of a config file',
    ['train', '--config', 'runs/a'],
    'cannot read runs/a: it is a folder; name a file',
  ],
  [
    'a folder without images',
    ['train', '--data', 'runs/a/checkpoints'],
    "dataset 'runs/a/checkpoints': no images found in the folder, which has files of other kinds; put PNG, .npy, FITS, JPEG, WebP, GIF, TIFF or AVIF images into it",
  ],
  [
    'a missing image file',
    ['train', '--data', 'missing'],
    'missing: t10k-images-idx3-ubyte is missing (uncompressed or as .gz)',
  ],
  [
    'truncated images',
    ['train', '--data', 'truncated'],
    `truncated/${images}: the IDX data is truncated: 160 x 8 x 8 needs 10240 bytes after the header, found 984`,
  ],
  ['an empty image file', ['train', '--data', 'emptied'], `emptied/${images}: the file is empty`],
  [
    'a file in another format',
    ['train', '--data', 'foreign'],
    `foreign/${images}: not an IDX file: expected it to start with the bytes 0000, found 8950`,
  ],
  [
    'a run without a checkpoint',
    ['evaluate', 'runs/unstarted'],
    'runs/unstarted has no checkpoint yet; resume it with: emerging train --resume runs/unstarted',
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
    'a checkpoint with a damaged header',
    ['sample', 'runs/flipped', '--out', 'x.png'],
    `cannot read runs/flipped/${latest} as safetensors: its header is not valid JSON; the file is corrupt or in another format, use another copy, or delete it to go back to step 1`,
  ],
  [
    'no usable checkpoint to resume from',
    ['train', '--resume', 'runs/allFlipped', '--steps', '4'],
    /^no usable checkpoint in runs\/allFlipped; the latest: cannot read .*; or delete runs\/allFlipped\/checkpoints to restart training from scratch$/,
  ],
  [
    'a checkpoint of another model',
    ['evaluate', 'runs/other'],
    `runs/other/config.yaml does not match the weights in runs/other/${latest}: model.width is 9, but was 8 in training. Restore runs/other/config.yaml, or the matching weights`,
  ],
  [
    'a corrupt summary',
    ['evaluate', 'runs/unsummed'],
    'runs/unsummed/summary.json: not valid JSON; delete it',
  ],
  [
    'a location where no folder can be created',
    [...train, '--out', '/proc/nothing/x'],
    'cannot create the folder /proc/nothing/x: its file system does not allow it; choose another location',
  ],
  [
    'a run inside a file',
    [...train, '--out', 'wrong.yaml/x'],
    'cannot create the folder wrong.yaml/x: there is a file where a folder is needed; choose another path',
  ],
  [
    'an image of another size',
    ['encode', 'runs/a', 'wide.png', '--out', 'x'],
    'wide.png is 8x9x1 grey, but the model takes 8x8x1 grey (height x width x channels): add --resize to fit it',
  ],
  [
    'an image with another number of channels',
    ['score', 'runs/a', 'colour.png'],
    'colour.png is 8x8x3 colour, but the model takes 8x8x1 grey (height x width x channels): add --resize to fit it',
  ],
  [
    'a dataset of images of another size',
    ['encode', 'runs/a', '--data', 'larger', '--out', 'x'],
    'larger is 16x16x1 grey, but the model takes 8x8x1 grey (height x width x channels): add --resize to fit it',
  ],
  [
    'a file that is not an image',
    ['interpolate', 'runs/a', 'seed:1', 'wrong.yaml', '--out', 'x.png'],
    'wrong.yaml: not a PNG, .npy, FITS, JPEG, WebP, GIF, TIFF or AVIF image; convert it',
  ],
  [
    'a folder without image files',
    ['score', 'runs/a', 'data'],
    'data: no PNG, .npy, FITS, JPEG, WebP, GIF, TIFF or AVIF images found; pass image files or folders of images',
  ],
  [
    'latents of another model',
    ['decode', 'runs/a', 'other.latents', '--out', 'decoded'],
    'other.latents holds latents of another model (or of this one with other weights); name the run that they were encoded with, or encode the images again',
  ],
  [
    'a checkpoint instead of latents',
    ['decode', 'runs/a', `runs/a/${latest}`, '--out', 'decoded'],
    `runs/a/${latest} holds no latents; name a file of encoded images`,
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
  failures.push([
    'an unavailable second GPU',
    [...train, '--device', 'cuda:1', '--out', 'runs/cuda'],
    /^the device 'cuda:1' does not work here: .+; emerging devices shows what is missing, or use --device cpu$/,
  ]);
}

beforeAll(async () => {
  writeTinyDataset(inFolder('data'));
  writeTinyDataset(inFolder('larger'), { size: 16 });
  mkdirSync(inFolder('empty'));
  writePng(inFolder('wide.png'), new Uint8Array(72), [8, 9, 1]);
  writePng(inFolder('small.png'), new Uint8Array(64), [8, 8, 1]);
  writePng(
    inFolder('colour.png'),
    Uint8Array.from({ length: 192 }, (_, index) => index),
    [8, 8, 3],
  );
  const metadata = { format: 'emerging-flows latents', model: 'another', images: '[]' };
  writeFileSync(inFolder('other.latents'), encodeSafetensors(new Map(), metadata));
  writeFileSync(inFolder('wrong.yaml'), 'model: { depth: two }\n');
  writeFileSync(inFolder('broken.yaml'), 'model: { depth: 2\n');
  const damage = (name: string, change: (file: string) => void): void => {
    cpSync(inFolder('data'), inFolder(name), { recursive: true });
    change(inFolder(name, images));
  };
  damage('truncated', (file) => truncateSync(file, 1000));
  damage('emptied', (file) => truncateSync(file));
  damage('foreign', (file) => writeFileSync(file, '\x89PNG\r\n', 'latin1'));
  damage('missing', () => rmSync(inFolder('missing/t10k-images-idx3-ubyte')));

  await emerging.json(...train, '--steps=2', '--out=runs/a', '--threads=1');
  const variant = (name: string, change: (run: string) => void): void => {
    cpSync(inFolder('runs/a'), inFolder('runs', name), { recursive: true });
    change(inFolder('runs', name));
  };
  variant('unstarted', (run) => rmSync(join(run, 'checkpoints'), { recursive: true }));
  variant('truncated', (run) => truncateSync(join(run, latest), 20_000));
  for (const name of ['unvalidated', 'unvalidatedToo']) {
    variant(name, (run) => {
      edit(join(run, 'config.yaml'), (text) => text.replace('validation: 0.1', 'validation: 0'));
      // Such a run has none.
      rmSync(join(run, 'scores.json'));
    });
  }
  variant('unsummed', (run) => writeFileSync(join(run, 'summary.json'), '{"run":'));
  variant('other', (run) => edit(join(run, 'config.yaml'), (text) => text.replace('width: 8', 'width: 9')));
  variant('resized', (run) =>
    edit(join(run, 'config.yaml'), (text) => text.replace('name: data', 'name: larger')),
  );
  // The first character of the header, after its length.
  const flip = (text: string): string => `${text.slice(0, 8)}[${text.slice(9)}`;
  variant('flipped', (run) => edit(join(run, latest), flip));
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
    const [line, ...rest] = stderr.split('\n');
    expect(rest, stderr).toEqual(['']);
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
  const { error, ...rest } = JSON.parse(stdout);
  expect(stderr).toBe(`emerging: ${error}\n`);
  expect(rest).toEqual({ code: 'not-found' });
});

it('leaves no run behind that did not complete its first step', async () => {
  mkdirSync(inFolder('mine'));
  writeFileSync(inFolder('mine/notes'), 'my own');
  const before = snapshot();
  const tooLarge = [...train, '--set=model.width=8192', '--set=model.depth=1000'];
  for (const out of ['new/run', 'mine']) {
    const { code, stderr } = await emerging.run(...tooLarge, `--out=${out}`);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^emerging: the weights and the optimiser's arrays take [\d.]+ GiB of memory, .*: use a smaller model$/m,
    );
  }
  // The parent folder of a run is not part of it.
  expect(snapshot()).toEqual(before.set(inFolder('new'), 'a folder'));
});
