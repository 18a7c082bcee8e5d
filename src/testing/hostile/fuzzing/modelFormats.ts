// Damaged runs, exports and latents.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RandomStream } from '../../../numeric/random.ts';
import { withImageNames } from '../hostileLatents.ts';
import { mutateBytes } from '../mutations/bytes.ts';
import { chance, oneOf } from '../mutations/choice.ts';
import { mutateJson, mutateLog, mutateYaml } from '../mutations/texts.ts';
import type { Damage, Trap } from './damage.ts';
import { mutateFile } from './dataFormats.ts';
import { allDecoded, listsSound, sameBits, samePrint } from './judges.ts';
import { type Place, quick, type Workplace } from './workplace.ts';

const threads = '--threads=1';
const checkpoint = 'run/checkpoints/step-00000004.safetensors';

/** Commands that use a model. */
const onModel = (model: string): string[][] => [
  ['sample', model, '--count=4', '--out=samples.png', threads],
  ['score', model, 'image.png', threads],
  ['encode', model, 'image.png', '--out=encoded.safetensors', threads],
  ['interpolate', model, 'seed:0', 'seed:1', '--out=between.png', threads],
];

/** Commands that use a run. */
const onRun: readonly string[][] = [
  ...onModel('run'),
  ['evaluate', 'run', ...quick],
  ['doctor', 'run', '--images=2', threads],
  ['export', 'run', '--out=exported'],
  ['compare', 'run', 'run2', threads],
  ['train', '--resume', 'run', '--steps=5', '--no-test', threads],
  ['train', '--resume', 'run', '--steps=5', '--no-test', threads],
  ['runs', '.'],
  ['runs', '.'],
];

/** A command on a run, with the files that it needs. */
export function runTrap(place: Place, random: RandomStream): Trap {
  place.copy('data', 'image.png');
  const args = oneOf(random, onRun);
  if (args.includes('run2') || args[0] === 'runs') {
    place.copy('run2');
  }
  return args[0] === 'runs' ? { args, judge: listsSound } : { args };
}

/** A command on an export, with the files that it needs. */
export function exportTrap(place: Place, random: RandomStream): Trap {
  place.copy('image.png');
  return { args: oneOf(random, onModel('export')) };
}

/** Damages a file of a run: its text by its format, or its bytes. */
const ofRun =
  (names: readonly string[], mutateText: typeof mutateJson): Damage =>
  (place, random, workplace) => {
    place.copy('run');
    const name = join('run', oneOf(random, names));
    const isText = chance(random, 0.8);
    if (isText) {
      place.edit(name, (text) => mutateText(text, random));
    } else {
      damageBytes(place, name, random, workplace);
    }
    return { what: `${name}: ${isText ? 'text' : 'bytes'}`, ...runTrap(place, random) };
  };

function damageBytes(place: Place, name: string, random: RandomStream, { sound }: Workplace): void {
  place.rewrite(name, (bytes) => mutateBytes(bytes, readFileSync(sound('image.png')), random));
}

/** Model options with values that may fit the weights of the run, although it was trained with others. */
const otherOptions: Readonly<Record<string, readonly (string | number | boolean)[]>> = {
  dilation: [2, 3, 255],
  bits: [1, 4, 5, 7],
  learnedPrior: [false],
  coupling: ['additive', 'spline', 'mixture'],
  conditioner: ['gated'],
  mask: ['checkerboard'],
  checkerboard: [0, 1, 1001, '[1, 2]', '[1, 2, 3]'],
  checkerboardWidth: [4, 9],
  blocks: [0, 1, 3],
  components: [1, 3, 65],
  mixing: [
    '1x1',
    '1x1-plu',
    '1x1-qr',
    'periodic',
    'maf',
    'convexp',
    'finc',
    'woodbury',
    'reverse',
    'shuffle',
  ],
  kernelSize: [5, 7],
  hiddenChannels: [8, 97],
  levels: [1, 3],
  depth: [2],
  width: [4, 9],
  scaleFloor: [0, 0.1, 0.5],
  normBound: [0.5, 2],
  channelRank: [4],
  spaceRank: [4],
  diagonals: [3],
  dequantisation: ['uniform', 'variational'],
  dequantisationSteps: [1],
  dequantisationWidth: [8],
  boundary: ['zero', 'periodic'],
  classes: ['[a, b]', true],
};

/** Changes model options in the configuration. */
const options: Damage = (place, random, { bitsPerDim }) => {
  place.copy('run', 'data');
  const changes: string[] = [];
  for (let count = 1 + random.integer(2); count > 0; count--) {
    const key = oneOf(random, Object.keys(otherOptions));
    const value = oneOf(random, otherOptions[key]!);
    changes.push(`${key}: ${value}`);
    place.edit('run/config.yaml', (text) =>
      text.replace(new RegExp(`^  ${key}:.*\n`, 'm'), '').replace(/^model:$/m, `model:\n  ${key}: ${value}`),
    );
  }
  const args = ['evaluate', 'run', ...quick, '--json'];
  return { what: `config.yaml: ${changes.join(', ')}`, args, judge: sameBits(bitsPerDim) };
};

const weights: Damage = (place, random, { sound }) => {
  const isRun = chance(random, 0.5);
  place.copy(isRun ? 'run' : 'export');
  const what = mutateFile(
    place,
    isRun ? checkpoint : 'export/model.safetensors',
    readFileSync(sound('latents.safetensors')),
    random,
  );
  return { what, ...(isRun ? runTrap(place, random) : exportTrap(place, random)) };
};

/** Files of an export besides its weights. */
const exported: Damage = (place, random, workplace) => {
  place.copy('export', 'image.png');
  const name = oneOf(random, [
    'manifest.json',
    'manifest.json',
    'scores.json',
    'encoder.onnx',
    'sampler.onnx',
  ]);
  const path = join('export', name);
  const isText = name.endsWith('.json') && chance(random, 0.8);
  const isSwap = !isText && chance(random, 0.3);
  if (isText) {
    place.edit(path, (text) => mutateJson(text, random));
  } else if (isSwap) {
    place.rewrite(path, () => readFileSync(workplace.sound(join('export2', name))));
  } else {
    damageBytes(place, path, random, workplace);
  }
  const what = `${path}: ${isText ? 'text' : isSwap ? 'that of another export' : 'bytes'}`;
  return chance(random, 0.5)
    ? { what, args: ['score', 'export', 'image.png', threads], judge: samePrint(workplace.score) }
    : { what, ...exportTrap(place, random) };
};

/** Replaces one file by that of another run. */
const swapped: Damage = (place, random, { sound }) => {
  place.copy('run');
  const names = ['config.yaml', 'metrics.jsonl', 'timings.jsonl', 'summary.json', 'data.json', 'scores.json'];
  const name = join('run', oneOf(random, [...names, 'checkpoints/step-00000004.safetensors']));
  place.rewrite(name, () => readFileSync(sound(name.replace('run', 'run2'))));
  return { what: `${name}: that of another run`, ...runTrap(place, random) };
};

const collidingNames: readonly string[] = [
  'a/../b.png',
  'b.png',
  'B.png',
  'b.PNG',
  'b',
  'b.png.png',
  './b.png',
  'x/./b.png',
  'x//b.png',
  'x/b.png',
  'x',
  'x/',
  '../b.png',
  '/tmp/b.png',
  '..',
  '.',
  '',
  'b.png\0',
  'b\u202e.png',
  'e\u0301.png',
  '\u00e9.png',
  'b .png',
  'con.png',
  'b\\c.png',
  '-b.png',
  'n'.repeat(300),
  'y/'.repeat(200),
];

/** Damages the names, headers or bytes of latents. */
const latents: Damage = (place, random, { sound }) => {
  place.copy('run', 'latents.safetensors');
  const args = ['decode', 'run', 'latents.safetensors', '--out=decoded', threads, '--json'];
  const judge = allDecoded(place.path('decoded'));
  if (chance(random, 0.5)) {
    const what = mutateFile(
      place,
      'latents.safetensors',
      readFileSync(sound('latents2.safetensors')),
      random,
    );
    return { what, args, judge };
  }
  const names = Array.from({ length: 4 }, () => oneOf(random, collidingNames));
  place.rewrite('latents.safetensors', (bytes) => withImageNames(bytes, names));
  return { what: `names ${JSON.stringify(names).slice(0, 200)}`, args, judge };
};

/** The formats of runs, exports and latents. */
export const modelFormats: Readonly<Record<string, Damage>> = {
  yaml: ofRun(['config.yaml'], mutateYaml),
  options,
  logs: ofRun(['metrics.jsonl', 'timings.jsonl'], mutateLog),
  json: ofRun(['summary.json', 'data.json', 'scores.json'], mutateJson),
  mark: ofRun(['data.mark'], (text, random) => `${text}\n${mutateJson('{"a":["x"]}', random)}`),
  weights,
  exported,
  swapped,
  latents,
};
