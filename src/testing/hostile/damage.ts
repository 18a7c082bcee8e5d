// Damage to files, drawn by fast-check: to bytes, to values in JSON and YAML, and links in place of files.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { changeHeader } from '../safetensorsFiles.ts';
import { plantedLinks } from './outside.ts';

/** Damages the file at a path; returns what was done. */
export type Damage = (path: string, outside: string) => string;

/** Damage to bytes, half of it near the start, where formats have their headers. */
const byteDamage: fc.Arbitrary<Damage> = fc
  .array(
    fc.record({
      kind: fc.constantFrom('set', 'insert', 'remove', 'truncate'),
      position: fc.oneof(fc.nat(256), fc.nat()),
      // Bytes, and lengths and offsets of two to eight of them.
      bytes: fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => littleEndian(value)),
        fc.constantFrom(0n, 1n, 2n ** 31n, 2n ** 63n, 2n ** 64n - 1n).map((value) => littleEndian(value)),
      ),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((edits) => (path) => {
    let bytes = readFileSync(path);
    for (const { kind, position, bytes: edited } of edits) {
      const start = position % Math.max(1, bytes.length);
      const following = bytes.subarray(kind === 'insert' ? start : start + edited.length);
      bytes = Buffer.concat([
        bytes.subarray(0, start),
        ...(kind === 'set' || kind === 'insert' ? [edited] : []),
        ...(kind === 'truncate' ? [] : [following]),
      ]);
    }
    writeFileSync(path, bytes);
    return `bytes (${edits.map(({ kind }) => kind).join(', ')})`;
  });

/** Values that a program may take for something else. */
const oddValue = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom('__proto__', '../outside/file', '/etc/passwd', '\u001b[2J', 'a\u202eb', '\ud800', ''),
  fc.constantFrom(-0, -1, 1e-320, 65_536, 2 ** 31, 2 ** 53, 1e308),
  fc.constantFrom('x', '[', '{"a":').map((text) => text.repeat(50_000)),
  fc.constant(Array.from({ length: 10_000 }, () => 1)),
);

/** Damage to a random value in a tree: it is replaced, removed or renamed. */
interface TreeDamage {
  readonly position: number;
  readonly kind: 'replace' | 'remove' | 'rename';
  /** The new value or name. */
  readonly value: unknown;
}

const treeDamage: fc.Arbitrary<TreeDamage> = fc.record({
  position: fc.nat(),
  kind: fc.constantFrom('replace', 'replace', 'remove', 'rename'),
  value: oddValue,
});

/** A copy of a tree with one value changed. */
function damageTree(tree: unknown, { position, kind, value }: TreeDamage): unknown {
  const root = { root: structuredClone(tree) } as Record<string, unknown>;
  const entries = entriesIn(root);
  const { branch, key } = entries[position % entries.length]!;
  const old = branch[key];
  if (kind === 'replace') {
    branch[key] = value;
  } else if (branch !== root) {
    delete branch[key];
    // A list would grow to an index among its names.
    if (kind === 'rename' && !Array.isArray(branch)) {
      Object.defineProperty(branch, String(value).slice(0, 1000), {
        value: old,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
  }
  return root.root;
}

/** The values in a tree, each as a key of its branch. */
function entriesIn(branch: Record<string, unknown>): { branch: Record<string, unknown>; key: string }[] {
  // A long list has too many.
  return Object.keys(branch)
    .slice(0, 200)
    .flatMap((key) => {
      const value = branch[key];
      const inner = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
      return [{ branch, key }, ...entriesIn(inner)];
    });
}

/** Damage to the values in a text. */
const textDamage = (
  read: (text: string) => unknown,
  write: (tree: unknown) => string,
): fc.Arbitrary<Damage> =>
  treeDamage.map((damage) => (path) => {
    writeFileSync(path, write(damageTree(read(readFileSync(path, 'utf8')), damage)));
    return `a value (${damage.kind})`;
  });

/** Damage to the JSON header of a safetensors file, with the right length. */
const headerDamage: fc.Arbitrary<Damage> = treeDamage.map((damage) => (path) => {
  const change = (text: string): string => JSON.stringify(damageTree(JSON.parse(text), damage));
  writeFileSync(path, changeHeader(readFileSync(path), change));
  return `its header (${damage.kind})`;
});

/** A link in place of the file. */
const linkDamage: fc.Arbitrary<Damage> = fc
  .constantFrom(...Object.keys(plantedLinks))
  .map((name) => (path, outside) => {
    rmSync(path, { recursive: true });
    plantedLinks[name]!(path, outside);
    return name;
  });

const json = textDamage(JSON.parse, (tree) => JSON.stringify(tree));
const jsonLines = textDamage(
  (text) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  (lines) =>
    Array.isArray(lines) ? lines.map((line) => `${JSON.stringify(line)}\n`).join('') : String(lines),
);
const byEnding: Readonly<Record<string, fc.Arbitrary<Damage>>> = {
  json,
  jsonl: jsonLines,
  yaml: textDamage(parse, (tree) => stringify(tree)),
  safetensors: headerDamage,
};

/** Damage to a file, by its name: to its values if it has any, to its bytes, or a link in its place. */
export function damageTo(name: string): fc.Arbitrary<Damage> {
  const values = byEnding[name.split('.').at(-1)!];
  return fc.oneof(
    { weight: 3, arbitrary: byteDamage },
    ...(values ? [{ weight: 6, arbitrary: values }] : []),
    {
      weight: 1,
      arbitrary: linkDamage,
    },
  );
}

function littleEndian(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}
