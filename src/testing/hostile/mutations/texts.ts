// Edits JSON, logs of JSON lines and YAML: their values and their syntax.
import { parse, stringify } from 'yaml';
import type { RandomStream } from '../../../numeric/random.ts';
import { chance, oneOf } from './choice.ts';
import { mutateTree } from './values.ts';

/** Edits a JSON text. */
export function mutateJson(text: string, random: RandomStream): string {
  const edited = JSON.stringify(mutateTree(JSON.parse(text), random));
  return chance(random, 0.3) ? oneOf(random, jsonTricks)(edited, random) : edited;
}

/** Edits a log of JSON lines. */
export function mutateLog(text: string, random: RandomStream): string {
  const lines = text.trimEnd().split('\n');
  const at = random.integer(lines.length);
  const line = lines[at]!;
  switch (random.integer(6)) {
    case 0:
      lines.splice(at, 1);
      break;
    case 1:
      lines.splice(at, 0, ...Array.from({ length: oneOf(random, [1, 1000, 100_000]) }, () => line));
      break;
    case 2:
      lines.reverse();
      break;
    case 3:
      lines[at] = line.slice(0, random.integer(line.length));
      break;
    default:
      lines[at] = mutateJson(line, random);
  }
  return lines.join(chance(random, 0.1) ? '\r\n' : '\n') + (chance(random, 0.8) ? '\n' : '');
}

/** Edits a YAML text. */
export function mutateYaml(text: string, random: RandomStream): string {
  const edited = chance(random, 0.5) ? stringify(mutateTree(parse(text), random)) : text;
  return edited !== text && chance(random, 0.5) ? edited : oneOf(random, yamlTricks)(edited, random);
}

type Trick = (text: string, random: RandomStream) => string;

const jsonTricks: readonly Trick[] = [
  (text) => `\ufeff${text}`,
  (text) => `${text}${text}`,
  (text) => `${text}\0`,
  (text) => `[${text}]`,
  // A duplicate key.
  (text) => text.replace(/"([^"]*)":/, '"$1":0,"$1":'),
  (text) => text.replace(/:[^,{}[\]]+/, ':1e999'),
  (text) => text.replace(/\{/, '{"__proto__":{"levels":1},'),
  (text, random) => text.replace(/:[^,{}[\]]+/, `:${nested('[', ']', random)}`),
  (text, random) => text.replace(/:[^,{}[\]]+/, `:${nested('{"a":', '}', random)}`),
];

function nested(open: string, close: string, random: RandomStream): string {
  const depth = oneOf(random, [10, 1000, 100_000]);
  return `${open.repeat(depth)}1${chance(random, 0.5) ? close.repeat(depth) : ''}`;
}

/** Replaces the value of a random line. */
function value(text: string, random: RandomStream, change: string | ((old: string) => string)): string {
  const lines = text.split('\n');
  const at = random.integer(lines.length);
  lines[at] = lines[at]!.replace(/: *(.*)$/, (_, old: string) => {
    return `: ${typeof change === 'string' ? change : change(old)}`;
  });
  return lines.join('\n');
}

const laughs = Array.from(
  { length: 30 },
  (_, index) => `l${index + 1}: &l${index + 1} [*l${index}, *l${index}]`,
);

const yamlTricks: readonly Trick[] = [
  // Cyclic values.
  (text, random) => value(text, random, '&a [*a]'),
  (text, random) => value(text, random, '&a {b: *a}'),
  (text, random) => value(text, random, '&a [1, {b: [*a, *a]}]'),
  (text) => `&root\n${text}loop: *root\n`,
  // Anchors and aliases, known and unknown.
  (text, random) =>
    value(
      value(text, random, (old) => `&x ${old}`),
      random,
      '*x',
    ),
  (text, random) => value(text, random, '*unknown'),
  (text) => `l0: &l0 [x, x]\n${laughs.join('\n')}\n${text}`,
  // Merge keys.
  (text) => `base: &base {width: 4, seed: 1}\n<<: *base\n${text}`,
  (text) => `${text}<<: {seed: 7}\n`,
  (text) => text.replace(/^model:$/m, 'model:\n  <<: {dilation: 2, bits: 7}'),
  (text) => `${text}<<: [{seed: 1}, {seed: 2}]\n`,
  // Tags.
  (text, random) => {
    const tags = [
      '!!str',
      '!!int',
      '!!float',
      '!!bool',
      '!!null',
      '!!binary',
      '!!set',
      '!!omap',
      '!!timestamp',
    ];
    const others = ['!!js/function', '!!python/object/apply:os.system', '!include', '!<tag:x,2000:y>', '!'];
    return value(text, random, (old) => `${oneOf(random, [...tags, ...others])} ${old}`);
  },
  (text, random) =>
    value(
      text,
      random,
      oneOf(random, ['.inf', '-.inf', '.nan', '0x10', '0o17', '1_000', '1e3', '+1', '~', 'yes']),
    ),
  // Duplicate keys, keys that are not strings, long keys.
  (text, random) => {
    const lines = text.split('\n');
    const line = oneOf(random, lines);
    return [...lines.slice(0, -1), line, ''].join('\n');
  },
  (text) => `${text}? [a, b]\n: 1\n? {c: d}\n: 2\n`,
  (text) => `${text}${'k'.repeat(2000)}: 1\n`,
  (text) => `${text}__proto__: {bits: 1}\nconstructor: {prototype: {bits: 1}}\n`,
  // Nesting.
  (text, random) => value(text, random, nested('[', ']', random)),
  (text, random) => value(text, random, nested('{a: ', '}', random)),
  (text, random) => value(text, random, nested('- ', '', random)),
  (text) => `${text}${Array.from({ length: 1000 }, (_, index) => `${' '.repeat(index)}a:`).join('\n')}\n`,
  // The text as a whole.
  (text) => `---\n${text}---\n${text}`,
  (text) => `%YAML 9.9\n%TAG ! tag:x:\n---\n${text}`,
  (text) => `\ufeff${text}`,
  (text) => text.replaceAll('\n', '\r\n'),
  (text) => text.replaceAll('  ', '\t'),
  (text, random) => value(text, random, '|+\n   a\n\n   b'),
  (text, random) => value(text, random, (old) => `"${old}\\x1b[2J\\u202e"`),
  (text) => `${text}# ${'c'.repeat(60_000)}\n`,
];
