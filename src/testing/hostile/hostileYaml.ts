// Configurations that misuse YAML: cycles, aliases, merge keys, tags, duplicate keys, deep nesting.
import { type Changes, edit, set, write } from './hostileFiles.ts';

/** Appends lines to the configuration. */
const append = (lines: string) => edit('config.yaml', (text) => `${text}${lines}`);

const loop = '&a [*a]';

/** Changes of `config.yaml`, which must all be refused. */
export const yamlChanges: Changes = {
  'bits in themselves': ['refuse', set('bits', loop)],
  'a name in itself': ['refuse', set('name', '&a {a: *a}')],
  'augmentations in themselves': ['refuse', set('augment', '&a [flip, *a]')],
  'a configuration in itself': ['refuse', edit('config.yaml', (text) => `&root\n${text}loop: *root\n`)],
  'a list of itself': ['refuse', write('config.yaml', `${loop}\n`)],
  'two maps in each other': ['refuse', append('a: &a {b: &b {a: *a}, c: *b}\n')],
  'an alias in place of a value': [
    'refuse',
    edit('config.yaml', (text) => {
      return text.replace('bits: 8', 'bits: *seed').replace('seed: 0', 'seed: &seed 8');
    }),
  ],
  'an unknown alias': ['refuse', set('bits', '*nothing')],
  'a merge key': [
    'refuse',
    edit('config.yaml', (text) => text.replace('model:\n', 'model:\n  <<: {dilation: 2}\n')),
  ],
  'a merged alias': ['refuse', append('x: &x {seed: 1}\n<<: *x\n')],
  'a tag of code': ['refuse', set('bits', '!!js/function "function () { return 8 }"')],
  'a tag of bytes': ['refuse', set('bits', '!!binary OA==')],
  'a tag of a set': ['refuse', set('augment', '!!set {flip}')],
  'a file to include': ['refuse', set('name', '!include [/etc/passwd]')],
  'a key twice': ['refuse', append('seed: 1\n')],
  'a model twice': ['refuse', append('model: {bits: 5}\n')],
  'a key that is a list': ['refuse', append('? [a, b]\n: 1\n')],
  'a key that is a map in itself': ['refuse', append('? &k {a: *k}\n: 1\n')],
  'a prototype as key': ['refuse', append('constructor: {prototype: {bits: 1}}\n')],
  'two documents': ['refuse', append('---\nseed: 1\n')],
  'maps below maps': [
    'refuse',
    append(Array.from({ length: 300 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join('')),
  ],
  'lists below lists': ['refuse', set('bits', `${'['.repeat(20_000)}8${']'.repeat(20_000)}`)],
  'bits not a number': ['refuse', set('bits', '.nan')],
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
  'prototype key': ['refuse', edit('config.yaml', (text) => `${text}__proto__: {levels: 1}\n`)],
  'endless seed': ['refuse', set('seed', '.inf')],
};
