// Names of devices, datasets and parts of models are written where these are defined, and nowhere else.
import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { datasetRecords } from './data/sets/records.ts';
import { devices, isHost } from './engine/devices/device.ts';
import { conditioners, masks, transformers } from './models/couplings.ts';
import { dequantisationNames } from './models/dequantisation.ts';
import { mixingNames } from './models/mixing.ts';

/** The kinds of names, and the files and folders that may write them as texts, with the reason. */
const kinds: Readonly<Record<string, { names: readonly string[]; may: Readonly<Record<string, string>> }>> = {
  device: {
    names: devices,
    may: { 'src/engine/devices/providers': 'names of providers and builds of ONNX Runtime' },
  },
  dataset: {
    names: Object.keys(datasetRecords),
    may: {
      'src/data/sets/records.ts': 'defines them',
      'src/data/sets/fashionMnist.ts': 'the record has a name that is no identifier',
      'src/experiments/paper.ts': 'a title in the paper',
      'studio/work/digits.ts': 'a page has no datasets: only digits prepared from one come with it',
    },
  },
  part: {
    names: [
      ...mixingNames,
      ...dequantisationNames,
      ...[conditioners, masks, transformers].flatMap(({ names }) => names),
    ],
    may: {
      'src/models/mixing.ts': 'defines mixings',
      'src/models/flowRegistry.ts': 'an option has the name of a mask',
      'src/models/options.ts': 'defaults, some of them of files from before an option existed',
      'src/models/dequantisation.ts': 'the default',
      'src/experiments/paper.ts': 'experiments name what they use, as configurations do',
      'src/experiments/presets.ts': 'experiments name what they use, as configurations do',
      'src/flows/layers': 'names of layers',
      'src/optimizers/adamax.ts': 'a rule of Glow for rates',
      'src/cli/commandTree.ts': 'the name of the command',
      'studio/rooms/how': 'explains single parts',
      'studio/rooms/train/trainSettings.ts': 'the quick start, and what it is compared with',
    },
  },
};

const root = new URL('../', import.meta.url);
const files = ['src', 'studio'].flatMap((folder) =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
    .filter(
      (file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file) && !file.startsWith('src/testing/'),
    ),
);

/** The texts in a source, except in types, keys and imports. */
function textsIn(file: string, source: string): Set<string> {
  const texts = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node)) {
      return;
    }
    if (ts.isStringLiteralLike(node) && !ts.isJsxAttribute(node.parent)) {
      texts.add(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true));
  return texts;
}

const textsOf = new Map(
  files.map((file) => [file, textsIn(file, readFileSync(new URL(file, root), 'utf8'))]),
);

describe.each(Object.entries(kinds))('the name of a %s', (_, { names, may }) => {
  const writing = files.filter((file) => names.some((name) => textsOf.get(file)!.has(name)));

  it('is written only where it is defined', () => {
    const others = writing.filter((file) => !Object.keys(may).some((allowed) => file.startsWith(allowed)));
    expect(others).toEqual([]);
  });

  it('is written wherever that is allowed', () => {
    expect(Object.keys(may).filter((allowed) => !writing.some((file) => file.startsWith(allowed)))).toEqual(
      [],
    );
  });
});

it('finds texts in code alone', () => {
  const source = "import 'a'; type B = 'b'; const c: 'd' = f('e', `g`); // 'h'";
  expect([...textsIn('x.ts', source)]).toEqual(['e', 'g']);
});

it.each([
  ['docs/gpu.md', devices.filter((device) => !isHost(device))],
  ['docs/library.md', devices.filter((device) => isHost(device) && device !== devices[0])],
  ['docs/data.md', Object.keys(datasetRecords)],
])('%s names every one of %j', (file, names) => {
  const text = readFileSync(new URL(file, root), 'utf8');
  expect(names.filter((name) => !text.includes(`\`${name}`) && !text.includes(`--device ${name}`))).toEqual(
    [],
  );
});
