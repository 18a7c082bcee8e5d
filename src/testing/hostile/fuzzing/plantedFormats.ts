// Plants links and other entries in place of the files of runs and exports, of outputs and of downloads.
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { downloadAnswers } from '../downloadAnswers.ts';
import { oneOf } from '../mutations/choice.ts';
import { plantLink, replaceFile } from '../mutations/files.ts';
import type { Damage } from './damage.ts';
import { exportTrap, runTrap } from './modelFormats.ts';
import { quick } from './workplace.ts';

/** Replaces a file of a run or an export, or adds one to a run. */
const files: Damage = (place, random) => {
  const model = oneOf(random, ['run', 'run', 'export']);
  place.copy(model);
  const own = readdirSync(place.path(model), { recursive: true, encoding: 'utf8' });
  const more =
    model === 'run'
      ? [
          'training.lock',
          'samples',
          'curve.png',
          'worst-test.png',
          'tensorboard',
          'README.md',
          'checkpoints.partial',
        ]
      : ['dequantiser.onnx'];
  const name = join(model, oneOf(random, [...own, ...more]));
  const what = `${name}: ${replaceFile(place.path(name), place.outside, random)}`;
  return { what, ...(model === 'run' ? runTrap(place, random) : exportTrap(place, random)) };
};

/** Plants a link where a command writes a file that no option names. */
const outputs: Damage = (place, random) => {
  place.copy('data', 'run', 'run2');
  const training = [
    '--set=model.width=4',
    '--set=model.depth=1',
    '--set=model.levels=1',
    '--steps=1',
    '--no-test',
  ];
  const [path, args] = oneOf<[string, readonly string[]]>(random, [
    ['data-train.png', ['datasets', 'show', 'data', '--count=4', '--limit=100']],
    ['compare.png', ['compare', 'run', 'run2', '--threads=1']],
    ['data/data-8.images', ['datasets', 'prepare', 'data', '--size=8']],
    ['data', ['datasets', 'prepare', 'run2/../run', '--size=8']],
    ['runs', ['train', '--data=data', ...training, '--threads=1']],
    ['runs/quickstart', ['train', '--data=data', ...training, '--threads=1']],
    ['run/worst-test.png', ['evaluate', 'run', ...quick]],
    ['run/scores.json', ['score', 'run', 'data', '--threads=1', '--data=data', '--count=2']],
    ['run/summary.json', ['evaluate', 'run', ...quick]],
    ['out.images.partial', ['datasets', 'prepare', 'data', '--size=8', '--out=out.images']],
    ['samples.png.partial', ['sample', 'run', '--count=2', '--out=samples.png', '--threads=1']],
    ['exported.partial', ['export', 'run', '--out=exported']],
  ]);
  return { what: `${path}: ${plantLink(place.path(path), place.outside, random)}`, args };
};

/** Plants a link where a download is written, which comes from a hostile server. */
const download: Damage = (place, random, { urlOf }) => {
  const name = oneOf(random, ['fashion-mnist/train-images-idx3-ubyte.gz', 'cifar-10-binary.tar.gz']);
  const answer = oneOf(random, Object.keys(downloadAnswers));
  const planted = oneOf(random, ['', '.partial', '.partial.json', '.partial.lock', 'folder', 'none']);
  const path = place.path(join('data', name));
  const folder = name.startsWith('fashion') ? join(path, '..') : join(path, '../..', 'data');
  let what = 'nothing';
  if (planted === 'folder') {
    what = plantLink(folder, place.outside, random);
  } else if (planted !== 'none') {
    what = plantLink(`${path}${planted}`, place.outside, random);
    // A partial file is resumed only if its version is known.
    if (planted === '.partial' && random.uniform() < 0.5) {
      const url = `${urlOf(answer)}/${name.split('/').at(-1)}`;
      writeFileSync(`${path}.partial.json`, JSON.stringify({ url, version: '"a"' }));
    } else if (planted === '.partial.json' && !existsSync(`${path}.partial`)) {
      writeFileSync(`${path}.partial`, 'abc');
    }
  }
  const dataset = name.startsWith('fashion') ? 'fashion-mnist' : 'cifar10';
  return {
    what: `${planted}: ${what}; server: ${answer}`,
    args: ['datasets', 'get', dataset, `--from=${urlOf(answer)}`],
  };
};

/** The formats of planted files. */
export const plantedFormats: Readonly<Record<string, Damage>> = { files, outputs, download };
