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
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { checksumOf } from '../../numeric/checksum.ts';
import { decodeSafetensors, encodeSafetensors } from '../../storage/safetensors.ts';

/** Changes the folder of a sound run or export. */
type Change = (folder: string) => void;

/** Whatever a command does with the folder: it must refuse it, or may also cope with it. */
type Verdict = 'refuse' | 'cope';

/** A hostile folder. */
export interface HostileFolder {
  readonly path: string;
  readonly verdict: Verdict;
}

/** Replaces the value of a key in `config.yaml`. */
function set(key: string, value: string): Change {
  return edit('config.yaml', (text) => {
    const changed = text.replace(new RegExp(`^( *${key}:).*$`, 'm'), `$1 ${value}`);
    if (changed === text) {
      throw new Error(`config.yaml has no ${key}`);
    }
    return changed;
  });
}

function edit(name: string, change: (text: string) => string): Change {
  return (folder) => {
    const path = join(folder, name);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
  };
}

function write(name: string, content: string | Uint8Array): Change {
  return (folder) => {
    rmSync(join(folder, name), { recursive: true, force: true });
    writeFileSync(join(folder, name), content);
  };
}

/** A file of 8 GiB that takes no room on the disk. */
function sparse(name: string): Change {
  return (folder) => {
    write(name, '')(folder);
    truncateSync(join(folder, name), 8 * 2 ** 30);
  };
}

function link(name: string, target: string): Change {
  return (folder) => {
    rmSync(join(folder, name), { recursive: true, force: true });
    symlinkSync(target, join(folder, name));
  };
}

function fifo(name: string): Change {
  return (folder) => {
    rmSync(join(folder, name), { recursive: true, force: true });
    execFileSync('mkfifo', [join(folder, name)]);
  };
}

const checkpoint = (folder: string): string => join(folder, 'checkpoints', 'step-00000004.safetensors');
const weights = (folder: string): string => join(folder, 'model.safetensors');

/** Rewrites the header of a safetensors file. */
function header(fileIn: (folder: string) => string, change: (text: string) => string): Change {
  return (folder) => {
    const file = readFileSync(fileIn(folder));
    const length = Number(file.readBigUInt64LE());
    const before = file.subarray(8, 8 + length).toString();
    const text = Buffer.from(change(before));
    if (text.toString() === before) {
      throw new Error('nothing in the header was changed');
    }
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(text.length));
    writeFileSync(fileIn(folder), Buffer.concat([size, text, file.subarray(8 + length)]));
  };
}

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

/** Rewrites the whole of a file of weights. */
function bytes(fileIn: (folder: string) => string, change: (content: Buffer) => Uint8Array): Change {
  return (folder) => writeFileSync(fileIn(folder), change(readFileSync(fileIn(folder))));
}

const megabytes = (count: number): number => count * 2 ** 20;
const control = '"a\\e[2J\\e]0;x\\a\\nb"';

/** What every command that uses the model of a run must refuse, or survive. */
const runChanges: Readonly<Record<string, readonly [Verdict, Change]>> = {
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
  'log of 100 MB': ['cope', write('metrics.jsonl', '{"step":1,"bitsPerDim":3}\n'.repeat(4_000_000))],
  'log of one line': ['cope', write('metrics.jsonl', Buffer.alloc(megabytes(300), 'x'))],
  ...Object.fromEntries(
    [
      'metrics.jsonl',
      'timings.jsonl',
      'summary.json',
      'data.json',
      'data.mark',
      'training.lock',
      'scores.json',
    ].map((name) => [`sparse ${name}`, ['cope', sparse(name)]] as const),
  ),
  'sparse config': ['refuse', sparse('config.yaml')],
  'sparse checkpoint': ['refuse', sparse('checkpoints/step-00000004.safetensors')],
};

/** What every command that uses an export must refuse. */
const exportChanges: Readonly<Record<string, readonly [Verdict, Change]>> = {
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
  'sparse manifest': ['cope', sparse('manifest.json')],
  'sparse weights': ['refuse', sparse('model.safetensors')],
};

/**
 * Writes hostile copies of a run, which has 8x8x1 images, one level of depth and a checkpoint at step 4, and
 * of its export.
 */
export function writeHostileModels(
  folder: string,
  sound: { readonly run: string; readonly exported: string },
): { readonly runs: HostileFolder[]; readonly exports: HostileFolder[] } {
  const copies = (
    source: string,
    kind: string,
    changes: typeof runChanges,
    prepare: Change,
  ): HostileFolder[] =>
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
