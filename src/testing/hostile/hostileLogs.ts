// Runs with huge logs and other files, written or sparse.
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { LAST_MIB } from '../../data/files/files.ts';
import { type Change, type Changes, holes, megabytes } from './hostileFiles.ts';

/** More than a string or an array can hold: reading it at once fails however much memory there is. */
const ENDLESS = megabytes(4096);

/** Appends a text to a file until this many bytes are written. */
function grown(name: string, text: string, size: number): Change {
  return (folder) => {
    const file = openSync(join(folder, name), 'a');
    const part = Buffer.from(text.repeat(Math.ceil(2 ** 20 / text.length)));
    for (let written = 0; written < size; written += part.length) {
      writeSync(file, part);
    }
    closeSync(file);
  };
}

const ofTraining = '{"step":4,"epoch":1,"bitsPerDim":7,"learningRate":0.01,"gradientNorm":1}\n';
const ofTimings = '{"step":4,"seconds":0.01,"imagesPerSecond":1000}\n';

/** Files that no command may read into memory. */
export const logChanges: Changes = {
  'long log': ['cope', grown('metrics.jsonl', ofTraining, megabytes(LAST_MIB + 4))],
  'long timings': ['cope', grown('timings.jsonl', ofTimings, megabytes(LAST_MIB + 4))],
  'log of one line': ['cope', grown('metrics.jsonl', '{"step":4,"a":"xxxxxxxx', megabytes(200))],
  'log of empty lines': ['cope', grown('metrics.jsonl', '\n', megabytes(4))],
  'log of other lines': ['cope', grown('metrics.jsonl', '{"step":1e9,"bitsPerDim":null}\n', megabytes(4))],
  ...Object.fromEntries(
    [
      'metrics.jsonl',
      'timings.jsonl',
      'summary.json',
      'data.json',
      'data.mark',
      'scores.json',
      'training.lock',
    ].map((name) => [`${name} of holes`, ['cope', holes(name, ENDLESS)] as const]),
  ),
  ...Object.fromEntries(
    ['summary.json', 'data.json', 'data.mark', 'scores.json', 'training.lock'].map((name) => [
      `${name} of 600 MB of holes`,
      ['cope', holes(name, megabytes(600))] as const,
    ]),
  ),
  'config.yaml of holes': ['refuse', holes('config.yaml', ENDLESS)],
  'config.yaml of 600 MB of holes': ['refuse', holes('config.yaml', megabytes(600))],
  'checkpoint of holes': ['refuse', holes('checkpoints/step-00000004.safetensors', ENDLESS)],
};
