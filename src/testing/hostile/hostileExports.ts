// Hostile changes of an export with 8x8x1 images and depth 1: large, nested, misleading, or at odds with other files. Wrong
// values are drawn at random (`damage.ts`).
import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { decodeSafetensors, encodeSafetensors, tensorChecksum } from '../../data/files/safetensors.ts';
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
  tensorOfHoles,
  write,
} from './hostileFiles.ts';

const weights = (folder: string): string => join(folder, 'model.safetensors');

/** The manifest of a model that lists no files; `more` replaces parts of it. */
const manifestText = (model: string, more = ''): string =>
  `{"image":{"shape":[8,8,1]},"model":${model},"files":{}${more}}`;

/** The text of the model's options in the weights. */
function modelText(folder: string): string {
  const path = weights(folder);
  return decodeSafetensors(readFileSync(path), path).metadata.model!;
}

/** Removes the checksums of files from an export, so that they reach the checks behind them. */
export function unbindExport(folder: string): void {
  write('manifest.json', manifestText(modelText(folder)))(folder);
}

/** Corrects the checksum of changed weights and the options in the manifest, for the same reason. */
export function bindExport(folder: string): void {
  const path = weights(folder);
  const [weightsFile, manifestFile] = [path, join(folder, 'manifest.json')].map((file) => lstatSync(file));
  if (!weightsFile!.isFile() || weightsFile!.size > MOST_BOUND) {
    return;
  }
  try {
    const { tensors, metadata } = decodeSafetensors(readFileSync(path), path);
    const { checksum: _, ...otherMetadata } = metadata;
    writeFileSync(
      path,
      encodeSafetensors(tensors, { ...otherMetadata, checksum: tensorChecksum(tensors, otherMetadata) }),
    );
    if (manifestFile!.isFile() && manifestFile!.size < MOST_BOUND) {
      edit('manifest.json', (text) =>
        text.startsWith('{"image":{"shape":[8,8,1]},"model":{') && text.endsWith(',"files":{}}')
          ? manifestText(metadata.model!)
          : text,
      )(folder);
    }
  } catch (error) {
    // Unreadable weights have no checksum to correct.
    if (!(error instanceof UserError)) {
      throw error;
    }
  }
}

/** Larger files are refused before they are read. */
const MOST_BOUND = megabytes(64);

/** Writes a manifest. A text of keys replaces these in a sound one; any other text is the whole manifest. */
function manifest(text: string): Change {
  return (folder) => {
    const isPart = text.startsWith('{"');
    write('manifest.json', isPart ? manifestText(modelText(folder), `,${text.slice(1, -1)}`) : text)(folder);
  };
}

/** Changes the metadata and the list of tensors in the header of the weights. */
function changeHeader(
  change: (metadata: Record<string, unknown>, tensors: Record<string, unknown>) => void,
): Change {
  return header(weights, (text) => {
    const { __metadata__: metadata, ...tensors } = JSON.parse(text) as Record<
      string,
      Record<string, unknown>
    >;
    change(metadata!, tensors);
    return JSON.stringify({ __metadata__: metadata, ...tensors });
  });
}

/** Changes the options of the model in the weights. */
function options(changes: object): Change {
  return changeHeader((metadata) => {
    metadata.model = JSON.stringify({ ...JSON.parse(metadata.model as string), ...changes });
  });
}

/** Changes of options of the model, which commands must refuse. */
const optionChanges: Readonly<Record<string, object>> = {
  'endless width': { conditioner: { name: 'glow', width: 1e9 } },
  'endless kernel': { mixing: { name: 'emerging', kernelSize: 1e9 + 1 } },
  'endless dilation': { mixing: { name: 'emerging', dilation: 1e15 } },
  'endless hidden channels': { mixing: { name: 'maf', hiddenChannels: 2 ** 40 } },
  'an option constructor': { mixing: { name: 'emerging', constructor: 1 } },
  'an option of a part of a megabyte': { mixing: { name: 'emerging', ['x'.repeat(2 ** 20)]: 1 } },
  'a million options of a part': {
    mixing: Object.fromEntries(Array.from({ length: 3e5 }, (_, index) => [`o${index}`, 0])),
  },
  'endless checkerboards': { checkerboard: Array(100_000).fill(1) },
  'a checkerboard without end': { checkerboard: [1e9] },
  'mixing constructor': { mixing: 'constructor' },
  'coupling toString': { coupling: 'toString' },
  'an unknown option': { '\u001b[2J\u202e': 1 },
  'a long option': { ['x'.repeat(2 ** 20)]: 1 },
  'a mixing of a megabyte': { mixing: 'x'.repeat(2 ** 20) },
  'a million classes': { classes: Array.from({ length: 500_000 }, (_, index) => `class ${index}`) },
  'a million faults': { classes: Array(2_000_000).fill(0) },
  'conditions of faults': { condition: Array(1_000_000).fill({}) },
};

/** Contents of a manifest, which commands must refuse. */
const refusedManifests: Readonly<Record<string, string>> = {
  'of a huge shape': '{"image":{"shape":[1e9,1e9,1]}}',
  'with an option twice': '{"model":{"levels":1,"levels":9}}',
  'with an option of Object': '{"model":{"toString":1}}',
  'with a control character': '{"model":{"\\u001b[2J\\u202e\\n":1}}',
  'with a long option': `{"model":{"${'x'.repeat(3e6)}":1}}`,
  'with a long value': `{"model":{"mixing":"${'x'.repeat(3e6)}"}}`,
  'with a million faults': `{"model":{"mixing":[${'null,'.repeat(8e5)}0]}}`,
  'with a million faulty options': `{"model":{${Array.from({ length: 2e5 }, (_, index) => `"${index}":null`).join()}}}`,
  'with a million faulty files': `{"files":{${Array.from({ length: 2e5 }, (_, index) => `"${index}":0`).join()}}}`,
  'with a million options': `{"model":{${Array.from({ length: 3e5 }, (_, index) => `"${index}":0`).join()}}}`,
  'with a deep option': `{"model":{"mixing":${'['.repeat(60)}${']'.repeat(60)}}}`,
  'of nothing': '',
};

/** Contents of a manifest that may also be read. */
const manifests: Readonly<Record<string, string>> = {
  'with __proto__': '{"__proto__":{"files":{"model.safetensors":{"bytes":1,"sha256":""}}}}',
  'with a file __proto__': '{"files":{"__proto__":{"bytes":1,"sha256":""}}}',
  'with a file constructor': '{"files":{"constructor":{"bytes":1,"sha256":""}}}',
  'with an option __proto__': '{"model":{"__proto__":{"levels":3}}}',
  'with a byte order mark': '\ufeff{}',
};

/** Changes of the scores: numbers that no images have, and lists of the wrong kind. */
const scores: Readonly<Record<string, object>> = {
  'endless draws': { draws: 1e9 },
  'data with control characters': { data: '\u001b[2J\u202e\n' },
  'a name of a megabyte': { data: 'x'.repeat(2 ** 20) },
  'statistics of nothing': { statistics: {} },
  'places of another size': withPlaces({ mean: [1], deviation: [1] }),
  'places of an endless square': withPlaces({ side: 2 ** 53 - 1 }),
  'places that vary by 0': withPlaces({ deviation: Array(64).fill(0) }),
  'places of huge numbers': withPlaces({ mean: Array(64).fill(1e308), deviation: Array(64).fill(-1e308) }),
};

/** Changes of the statistics. */
const statistics: Readonly<Record<string, object>> = {
  'huge numbers': { bits: [-1e308, 1e308] },
  'statistics without bits': { bits: undefined },
  'a level more': { 'latents 7': [1, 2] },
  'statistics __proto__': JSON.parse('{"__proto__":[1,2]}'),
  'statistics constructor': { constructor: [1, 2] },
};

/** The changes that `score` must refuse. */
const refusedScores: ReadonlySet<string> = new Set([
  'endless draws',
  'statistics without bits',
  'statistics of nothing',
]);

function withPlaces(changes: object): object {
  const places = { images: 2, side: 3, mean: Array(64).fill(1), deviation: Array(64).fill(1), ...changes };
  return { places };
}

/** Changes of the scores in an export, which `score` reads. */
export const scoresChanges: Changes = Object.fromEntries([
  ...Object.entries(scores).map(([name, changes]) => changeScores(name, () => changes)),
  ...Object.entries(statistics).map(([name, changes]) =>
    changeScores(name, (sound) => ({ statistics: Object.assign(Object.create(null), sound, changes) })),
  ),
]);

function changeScores(
  name: string,
  changes: (statistics: Record<string, number[]>) => object,
): [string, Changes[string]] {
  return [
    `scores with ${name}`,
    [
      refusedScores.has(name) ? 'refuse' : 'cope',
      edit('scores.json', (text) => {
        const { places: _, ...sound } = JSON.parse(text);
        const columns = Object.entries<number[]>(sound.statistics);
        const few = Object.fromEntries(columns.map(([column, values]) => [column, values.slice(0, 2)]));
        return JSON.stringify({ ...sound, statistics: few, ...changes(few) });
      }),
    ],
  ];
}

/** Replaces a part of the header of the weights, which commands must refuse. */
const refusedHeader = (from: string | RegExp, to: string): Changes[string] => [
  'refuse',
  header(weights, (text) => text.replace(from, to)),
];

/** Changes of an export, with what commands that use it must do. */
export const exportChanges: Changes = {
  ...Object.fromEntries(
    Object.entries(optionChanges).map(([name, changes]) => [name, ['refuse', options(changes)] as const]),
  ),
  ...Object.fromEntries(
    Object.entries(refusedManifests).map(([name, text]) => [
      `manifest ${name}`,
      ['refuse', manifest(text)] as const,
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(manifests).map(([name, text]) => [`manifest ${name}`, ['cope', manifest(text)] as const]),
  ),
  'large images': ['cope', changeHeader((metadata) => Object.assign(metadata, { imageShape: '256x256x1' }))],
  'a tensor __proto__': [
    'cope',
    header(weights, (text) =>
      text.replace(
        '{"__metadata__"',
        '{"__proto__":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"__metadata__"',
      ),
    ),
  ],
  'a tensor of a huge shape': refusedHeader(/"shape":\[\d+/, '"shape":[9007199254740991,9007199254740991'),
  'overlapping tensors': refusedHeader(/("data_offsets":\[)\d+(,\d+\])(?!.*"data_offsets")/, '$10$2'),
  'offsets without end': refusedHeader(/"data_offsets":\[\d+,\d+\]/, '"data_offsets":[0,1e300]'),
  'a hundred thousand tensors': [
    'cope',
    changeHeader((_, tensors) => {
      for (let index = 0; index < 100_000; index++) {
        tensors[`tensor ${index}`] = { dtype: 'F32', shape: [0], data_offsets: [0, 0] };
      }
    }),
  ],
  'a tensor with a long name': [
    'cope',
    changeHeader((_, tensors) => {
      tensors['\u001b'.repeat(2e6)] = { dtype: 'F32', shape: [0], data_offsets: [0, 0] };
    }),
  ],
  'no header': ['refuse', bytes(weights, (file) => Buffer.concat([Buffer.alloc(8), file.subarray(8)]))],
  'a header as long as the file': [
    'refuse',
    bytes(weights, (file) => {
      file.writeBigUInt64LE(BigInt(file.length - 8));
      return file;
    }),
  ],
  'a header without end': [
    'refuse',
    bytes(weights, (file) => Buffer.concat([Buffer.alloc(8, 0xff), file.subarray(8)])),
  ],
  'NaN as weights': ['refuse', bytes(weights, (file) => file.fill(0xff, file.length - 64))],
  depth: refusedHeader('\\"depth\\":1', '\\"depth\\":20000000'),
  'depth within bounds': refusedHeader('\\"depth\\":1', '\\"depth\\":1000'),
  'prototype option': refusedHeader('{\\"bits', '{\\"__proto__\\":{\\"levels\\":1},\\"bits'),
  'huge images': refusedHeader('8x8x1', '4096x4096x1'),
  'no images': refusedHeader('8x8x1', '0x0x0'),
  'nested options': refusedHeader('{\\"bits', `${'['.repeat(1_000_000)}{\\"bits`),
  'a name twice': refusedHeader(/("levels\/[^:]*:\{[^}]*\}),/, '$1,$1,'),
  truncated: ['refuse', bytes(weights, (file) => file.subarray(0, file.length - 5))],
  'weights as FIFO': ['refuse', fifo('model.safetensors')],
  'weights as endless device': ['refuse', link('model.safetensors', '/dev/zero')],
  'manifest as FIFO': ['cope', fifo('manifest.json')],
  'manifest in itself': [
    'cope',
    edit('manifest.json', (text) => text.replace(/"shape":\[/, '$&[[[["x"]]]],')),
  ],
  'manifest of nested lists': ['cope', write('manifest.json', `{"model":${'['.repeat(1_000_000)}`)],
  'manifest of holes': ['cope', holes('manifest.json', megabytes(4096))],
  'scores of holes': ['cope', holes('scores.json', megabytes(4096))],
  'scores of nested lists': ['cope', write('scores.json', `{"statistics":${'['.repeat(1_000_000)}`)],
  'a tensor of holes': ['refuse', tensorOfHoles(weights, megabytes(1900))],
  'weights of holes': ['refuse', holes('model.safetensors', megabytes(4096))],
  'encoder of holes': ['cope', holes('encoder.onnx', megabytes(4096))],
  'sampler as endless device': ['cope', link('sampler.onnx', '/dev/zero')],
};
