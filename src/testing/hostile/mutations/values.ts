// Edits a random value in a JSON or YAML tree.
import type { RandomStream } from '../../../numeric/random.ts';
import { chance, oneOf } from './choice.ts';

/** A list or a map. */
type Branch = Record<string, unknown>;

const oddTexts = [
  '',
  ' ',
  '\0',
  '\u001b[2J\u001b]0;x\u0007',
  'a\nb',
  'a\u202eb\u2066c\u2028d',
  '\ud800',
  '__proto__',
  'constructor',
  'toString',
  '../outside/file',
  '/etc/passwd',
  '..',
  'a/../b',
  '=1+1',
  '<b>&amp;|`',
  'null',
  'NaN',
  '1e999',
  '9'.repeat(400),
  'x'.repeat(100_000),
  'é'.repeat(300),
];
const oddNumbers = [
  0,
  -0,
  -1,
  1,
  0.5,
  1e-320,
  255,
  256,
  65_536,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  1e21,
  1e308,
  -1e308,
];

/** An odd value. */
function oddValue(random: RandomStream): unknown {
  return oneOf<() => unknown>(random, [
    () => oneOf(random, oddTexts),
    () => oneOf(random, oddTexts),
    () => oneOf(random, oddNumbers),
    () => oneOf(random, oddNumbers),
    () => null,
    () => true,
    () => false,
    () => [],
    () => ({}),
    () => [[[[1]]]],
    () => Array.from({ length: oneOf(random, [2, 100, 10_000]) }, (_, index) => index),
  ])();
}

/** A copy of a tree with one or a few edits. */
export function mutateTree(tree: unknown, random: RandomStream): unknown {
  const root: Branch = { root: structuredClone(tree) };
  for (let count = 1 + random.integer(2); count > 0; count--) {
    editOne(root, random);
  }
  return root.root;
}

function editOne(root: Branch, random: RandomStream): void {
  const places = placesIn(root);
  const { branch, key } = oneOf(random, places);
  const old = branch[key];
  const other = oneOf(random, places);
  switch (random.integer(8)) {
    case 0:
      if (branch !== root) {
        delete branch[key];
      }
      break;
    case 1:
      [branch[key], other.branch[other.key]] = [
        structuredClone(other.branch[other.key]),
        structuredClone(old),
      ];
      break;
    case 2:
      // The same value under a second name.
      Object.defineProperty(branch, oneOf(random, [...oddTexts, `${key}2`, key.toUpperCase()]), {
        value: structuredClone(old),
        enumerable: true,
        configurable: true,
        writable: true,
      });
      break;
    case 3:
      branch[key] = Array.from({ length: oneOf(random, [1, 2, 1000]) }, () => old);
      break;
    default:
      branch[key] = editedLeaf(old, random);
  }
}

function editedLeaf(old: unknown, random: RandomStream): unknown {
  if (typeof old === 'number' && chance(random, 0.6)) {
    return oneOf(random, [old + 1, old - 1, -old, 2 * old, old / 2, old * 1000, 1 / old, `${old}`]);
  }
  if (typeof old === 'boolean' && chance(random, 0.6)) {
    return !old;
  }
  if (typeof old === 'string' && chance(random, 0.7)) {
    return editedText(old, random);
  }
  return oddValue(random);
}

function editedText(old: string, random: RandomStream): string {
  const inner = treeIn(old);
  if (inner !== undefined) {
    return JSON.stringify(mutateTree(inner, random));
  }
  const at = random.integer(old.length + 1);
  return oneOf(random, [
    `${old.slice(0, at)}${oneOf(random, oddTexts)}${old.slice(at)}`,
    old.slice(0, at),
    old.toUpperCase(),
    // Digits stay digits: sizes, steps and checksums.
    old.replaceAll(/\d/g, () => String(random.integer(10))),
    old.replace(/\d+/, oneOf(random, ['0', '1', '4096', '9007199254740993'])),
  ]);
}

/** The list or map in a JSON text. */
function treeIn(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) {
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function placesIn(branch: Branch): { branch: Branch; key: string }[] {
  // Only the first of a long list.
  const keys = Object.keys(branch).slice(0, 200);
  return keys.flatMap((key) => {
    const value = branch[key];
    return [
      { branch, key },
      ...(typeof value === 'object' && value !== null ? placesIn(value as Branch) : []),
    ];
  });
}
