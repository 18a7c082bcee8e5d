// Folders of runs and exports as a stranger could make them: each is a sound one with one thing changed.
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { checksumOf } from '../../numeric/checksum.ts';
import { decodeSafetensors, encodeSafetensors } from '../../storage/safetensors.ts';
import {
  bytes,
  type Change,
  type Changes,
  edit,
  fifo,
  header,
  holes,
  link,
  megabytes,
  set,
  type Verdict,
  write,
} from './hostileFiles.ts';
import { logChanges } from './hostileLogs.ts';
import { yamlChanges } from './hostileYaml.ts';

/** A hostile folder. */
export interface HostileFolder {
  readonly path: string;
  readonly verdict: Verdict;
}

const checkpoint = (folder: string): string => join(folder, 'checkpoints', 'step-00000004.safetensors');
const weights = (folder: string): string => join(folder, 'model.safetensors');

// A stranger would make all files agree, so nothing that binds weights to other files is left.

/** Leaves out the options in the checkpoint of a run. */
function unbindRun(folder: string): void {
  const path = checkpoint(folder);
  const { tensors, metadata } = decodeSafetensors(readFileSync(path), path);
  const { model: _, ...rest } = metadata;
  writeFileSync(path, encodeSafetensors(tensors, { ...rest, checksum: checksumOf(tensors, rest) }));
}

/** Leaves out the checksums of an export. */
function unbindExport(folder: string): void {
  const path = weights(folder);
  const { tensors, metadata } = decodeSafetensors(readFileSync(path), path);
  const { checksum: _, ...rest } = metadata;
  writeFileSync(path, encodeSafetensors(tensors, rest));
  write('manifest.json', '{}')(folder);
}

const control = '"a\\e[2J\\e]0;x\\a\\nb"';

/** What every command that uses the model of a run must refuse, or survive. */
const runChanges: Changes = {
  depth: ['refuse', set('depth', '20000000')],
  'depth within bounds': ['refuse', set('depth', '1000')],
  kernel: ['refuse', set('kernelSize', '20001')],
  'kernel within bounds': ['refuse', set('kernelSize', '255')],
  'masked networks': [
    'refuse',
    (folder) => {
      set('mixing', 'maf')(folder);
      set('hiddenChannels', '30720')(folder);
    },
  ],
  'masked networks within bounds': [
    'refuse',
    (folder) => {
      set('mixing', 'maf')(folder);
      set('hiddenChannels', '8192')(folder);
    },
  ],
  width: ['refuse', set('width', '8192')],
  levels: ['refuse', set('levels', '1000')],
  'levels of nothing': [
    'refuse',
    (folder) => {
      set('levels', '12')(folder);
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
  'keys by the thousand': [
    'refuse',
    write('config.yaml', Array.from({ length: 150_000 }, (_, index) => `k${index}: 1\n`).join('')),
  ],
  'nested lists': ['refuse', write('config.yaml', `seed: ${'['.repeat(30_000)}`)],
  'nested maps': ['refuse', write('config.yaml', '{a: '.repeat(15_000))],
  aliases: [
    'refuse',
    write(
      'config.yaml',
      `a: &a [x, x]\n${Array.from({ length: 40 }, (_, i) => `b${i}: &b${i} [*${i ? `b${i - 1}` : 'a'}, *${i ? `b${i - 1}` : 'a'}]`).join('\n')}\n`,
    ),
  ],
  'cyclic alias': ['refuse', set('bits', '&a [*a]')],
  'a tag': ['refuse', set('bits', '!!js/function 5')],
  'prototype key': ['refuse', edit('config.yaml', (text) => `${text}__proto__: {levels: 1}\n`)],
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
  'header of brackets': [
    'refuse',
    bytes(checkpoint, () => {
      const file = Buffer.alloc(8 + megabytes(30), '[');
      file.writeBigUInt64LE(BigInt(megabytes(30)));
      return file;
    }),
  ],
  'header of empty lists': [
    'refuse',
    bytes(checkpoint, () => {
      const text = Buffer.from(`{"a":[${'[],'.repeat(megabytes(10))}[]]}`);
      const size = Buffer.alloc(8);
      size.writeBigUInt64LE(BigInt(text.length));
      return Buffer.concat([size, text]);
    }),
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
  'checkpoint as FIFO': [
    'refuse',
    (folder) => {
      rmSync(checkpoint(folder));
      execFileSync('mkfifo', [checkpoint(folder)]);
    },
  ],
  'checkpoint as endless device': [
    'refuse',
    (folder) => {
      rmSync(checkpoint(folder));
      symlinkSync('/dev/zero', checkpoint(folder));
    },
  ],
  'a step beyond all numbers': [
    'cope',
    (folder) =>
      renameSync(checkpoint(folder), join(folder, 'checkpoints', `step-${'9'.repeat(60)}.safetensors`)),
  ],
  'checkpoints as a file': ['refuse', write('checkpoints', 'x')],
  'null evaluations': ['cope', write('summary.json', '{"evaluations":[null,1,"x",{"split":null}]}')],
  'list as summary': ['cope', write('summary.json', '[]')],
  'damaged summary': ['cope', write('summary.json', Uint8Array.of(0xff, 0xfe, 0, 1))],
  'nested summary': ['cope', write('summary.json', `{"evaluations":${'['.repeat(5_000_000)}`)],
  'summary as FIFO': ['cope', fifo('summary.json')],
  'bad byte in the log': ['cope', edit('metrics.jsonl', (text) => `${text}\0\u001b[2J\n{"step":null}\n`)],
  'log of nested lists': [
    'cope',
    (folder) => appendFileSync(join(folder, 'metrics.jsonl'), `{"a":${'['.repeat(5_000_000)}\n`),
  ],
  'log as endless device': ['cope', link('metrics.jsonl', '/dev/zero')],
  ...logChanges,
  ...yamlChanges,
};

/** What every command that uses an export must refuse. */
const exportChanges: Changes = {
  depth: ['refuse', header(weights, (text) => text.replace('\\"depth\\":1', '\\"depth\\":20000000'))],
  'depth within bounds': [
    'refuse',
    header(weights, (text) => text.replace('\\"depth\\":1', '\\"depth\\":1000')),
  ],
  'prototype option': [
    'refuse',
    header(weights, (text) => text.replace('{\\"bits', '{\\"__proto__\\":{\\"levels\\":1},\\"bits')),
  ],
  'huge images': ['refuse', header(weights, (text) => text.replace('8x8x1', '4096x4096x1'))],
  'no images': ['refuse', header(weights, (text) => text.replace('8x8x1', '0x0x0'))],
  'nested options': [
    'refuse',
    header(weights, (text) => text.replace('{\\"bits', `${'['.repeat(1_000_000)}{\\"bits`)),
  ],
  'a name twice': [
    'refuse',
    header(weights, (text) => text.replace(/("levels\/[^:]*:\{[^}]*\}),/, '$1,$1,')),
  ],
  truncated: ['refuse', bytes(weights, (file) => file.subarray(0, file.length - 5))],
  'weights as FIFO': ['refuse', fifo('model.safetensors')],
  'weights as endless device': ['refuse', link('model.safetensors', '/dev/zero')],
  'manifest as FIFO': ['cope', fifo('manifest.json')],
  'manifest in itself': [
    'cope',
    edit('manifest.json', (text) => text.replace(/"shape": \[/, '$&[[[["x"]]]],')),
  ],
  'manifest of nested lists': ['cope', write('manifest.json', `{"model":${'['.repeat(5_000_000)}`)],
  'manifest of holes': ['cope', holes('manifest.json', megabytes(4096))],
  'scores of holes': ['cope', holes('scores.json', megabytes(4096))],
  'scores of nested lists': ['cope', write('scores.json', `{"bitsPerDim":${'['.repeat(5_000_000)}`)],
  'weights of holes': ['refuse', holes('model.safetensors', megabytes(4096))],
  'encoder of holes': ['cope', holes('encoder.onnx', megabytes(4096))],
  'sampler as endless device': ['cope', link('sampler.onnx', '/dev/zero')],
};

/**
 * Writes hostile copies of a run, which has 8x8x1 images, one level of depth and a checkpoint at step 4, and
 * of its export.
 */
export function writeHostileModels(
  folder: string,
  sound: { readonly run: string; readonly exported: string },
): { readonly runs: HostileFolder[]; readonly exports: HostileFolder[] } {
  const copies = (source: string, kind: string, changes: Changes, prepare: Change): HostileFolder[] =>
    Object.entries(changes).map(([name, [verdict, change]]) => {
      const path = join(folder, kind, name);
      cpSync(source, path, { recursive: true });
      prepare(path);
      change(path);
      return { path, verdict };
    });
  return {
    runs: copies(sound.run, 'runs', runChanges, unbindRun),
    exports: copies(sound.exported, 'exports', exportChanges, unbindExport),
  };
}
