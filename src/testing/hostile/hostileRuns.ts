// Hostile changes of a run with 8x8x1 images, depth 1, one level and a checkpoint at step 4.
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { decodeSafetensors, encodeSafetensors, tensorChecksum } from '../../data/files/safetensors.ts';
import { fileWithHeader } from '../safetensorsFiles.ts';
import {
  bytes,
  type Change,
  type Changes,
  edit,
  fifo,
  header,
  link,
  megabytes,
  set,
  tensorOfHoles,
  write,
} from './hostileFiles.ts';
import { logChanges } from './hostileLogs.ts';
import { yamlChanges } from './hostileYaml.ts';

const CHECKPOINT = 'checkpoints/step-00000004.safetensors';
const checkpoint = (folder: string): string => join(folder, CHECKPOINT);

/**
 * Records other options in the checkpoint. Otherwise an edited configuration would be refused for its options, before the
 * check under test.
 */
export function recordOptions(folder: string, options: object, name = CHECKPOINT): void {
  const path = join(folder, name);
  const { tensors, metadata } = decodeSafetensors(readFileSync(path), path);
  const { checksum: _, model, ...otherMetadata } = metadata;
  const changed = { ...otherMetadata, model: JSON.stringify({ ...JSON.parse(model!), ...options }) };
  writeFileSync(path, encodeSafetensors(tensors, { ...changed, checksum: tensorChecksum(tensors, changed) }));
}

/** Sets an option of the model, in the configuration and in the checkpoint. */
function setOption(key: string, value: number | string): Change {
  return (folder) => {
    set(key, String(value))(folder);
    recordOptions(folder, { [key]: value });
  };
}

/** Chooses a part of the model, in the configuration and in the checkpoint. */
function setPart(key: string, choice: object): Change {
  return (folder) => {
    edit('config.yaml', (text) => {
      const config = parse(text);
      return stringify({ ...config, model: { ...config.model, [key]: choice } });
    })(folder);
    recordOptions(folder, { [key]: choice });
  };
}

const control = '"a\\e[2J\\e]0;x\\a\\nb"';

/** Changes of a run, with what commands that use its model must do. */
export const runChanges: Changes = {
  'a tensor of holes': ['refuse', tensorOfHoles(checkpoint, megabytes(1900))],
  depth: ['refuse', setOption('depth', 20000000)],
  'depth within bounds': ['refuse', setOption('depth', 1000)],
  kernel: ['refuse', setPart('mixing', { name: 'emerging', kernelSize: 20001 })],
  'kernel within bounds': ['refuse', setPart('mixing', { name: 'emerging', kernelSize: 255 })],
  'masked networks': ['refuse', setPart('mixing', { name: 'maf', hiddenChannels: 30720 })],
  'masked networks within bounds': ['refuse', setPart('mixing', { name: 'maf', hiddenChannels: 8192 })],
  width: ['refuse', setPart('conditioner', { name: 'glow', width: 8192 })],
  'an option of another part': ['refuse', setPart('mixing', { name: '1x1', kernelSize: 3 })],
  'a part called __proto__': ['refuse', setPart('mixing', { name: '__proto__' })],
  levels: ['refuse', setOption('levels', 1000)],
  'levels of nothing': [
    'refuse',
    (folder) => {
      setOption('levels', 12)(folder);
      header(checkpoint, (text) => text.replace('8x8x1', '0x0x1'))(folder);
    },
  ],
  'huge images': ['refuse', header(checkpoint, (text) => text.replace('8x8x1', '4096x4096x1'))],
  'huge sides': ['refuse', header(checkpoint, (text) => text.replace('8x8x1', '9007199254740992x2x1'))],
  'batch near 2^53': [
    'refuse',
    (folder) => {
      set('batchSize', '9007199254740881')(folder);
      set('microBatch', '9007199254740880')(folder);
    },
  ],
  'config as FIFO': ['refuse', fifo('config.yaml')],
  'config as endless device': ['refuse', link('config.yaml', '/dev/zero')],
  'config as folder': [
    'refuse',
    (folder) => {
      rmSync(join(folder, 'config.yaml'));
      mkdirSync(join(folder, 'config.yaml'));
    },
  ],
  'huge config': ['refuse', write('config.yaml', Buffer.alloc(megabytes(64), 'a'))],
  'control characters in a name': ['cope', set('name', control)],
  'endless header': [
    'refuse',
    bytes(checkpoint, (file) => Buffer.concat([Buffer.alloc(8, 0x0f), file.subarray(8)])),
  ],
  'header of brackets': ['refuse', bytes(checkpoint, () => fileWithHeader('['.repeat(megabytes(30))))],
  'header of empty lists': [
    'refuse',
    bytes(checkpoint, () => fileWithHeader(`{"a":[${'[],'.repeat(megabytes(10))}[]]}`)),
  ],
  'a name twice': [
    'refuse',
    header(checkpoint, (text) => text.replace(/("weights\/[^:]*:\{[^}]*\}),/, '$1,$1,')),
  ],
  'overlapping tensors': [
    'refuse',
    header(checkpoint, (text) => text.replaceAll(/"data_offsets":\[\d+,/g, '"data_offsets":[0,')),
  ],
  truncated: ['refuse', bytes(checkpoint, (file) => file.subarray(0, file.length - 5))],
  'truncated header': ['refuse', bytes(checkpoint, (file) => file.subarray(0, 100))],
  'empty checkpoint': ['refuse', bytes(checkpoint, () => new Uint8Array())],
  'flipped weights': [
    'cope',
    bytes(checkpoint, (file) => {
      file[file.length - 3]! ^= 0xff;
      return file;
    }),
  ],
  'checkpoint as FIFO': ['refuse', fifo(CHECKPOINT)],
  'checkpoint as endless device': ['refuse', link(CHECKPOINT, '/dev/zero')],
  'a step beyond all numbers': [
    'cope',
    (folder) =>
      renameSync(checkpoint(folder), join(folder, 'checkpoints', `step-${'9'.repeat(60)}.safetensors`)),
  ],
  'checkpoints as a file': ['refuse', write('checkpoints', 'x')],
  'null evaluations': ['cope', write('summary.json', '{"evaluations":[null,1,"x",{"split":null}]}')],
  'list as summary': ['cope', write('summary.json', '[]')],
  'damaged summary': ['cope', write('summary.json', Uint8Array.of(0xff, 0xfe, 0, 1))],
  'nested summary': ['cope', write('summary.json', `{"evaluations":${'['.repeat(1_000_000)}`)],
  'summary as FIFO': ['cope', fifo('summary.json')],
  'bad byte in the log': ['cope', edit('metrics.jsonl', (text) => `${text}\0\u001b[2J\n{"step":null}\n`)],
  'log of nested lists': [
    'cope',
    (folder) => appendFileSync(join(folder, 'metrics.jsonl'), `{"a":${'['.repeat(1_000_000)}\n`),
  ],
  'a step that is an object': [
    'cope',
    edit('metrics.jsonl', (text) => `${text}{"step":{"toString":1,"valueOf":1}}\n`),
  ],
  'damaged changes': ['cope', write('summary.json', '{"changes":[{}]}')],
  'config as circle': ['refuse', link('config.yaml', 'config.yaml')],
  'log as FIFO': ['cope', fifo('metrics.jsonl')],
  'log as endless device': ['cope', link('metrics.jsonl', '/dev/zero')],
  ...logChanges,
  ...yamlChanges,
};
