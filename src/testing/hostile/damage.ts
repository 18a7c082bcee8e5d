// Damage to files, drawn by fast-check: of bytes, of values in JSON and YAML, and links in the place of files.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { plantedLinks } from './plantedLinks.ts';

/** Damages the file at a path; returns what was done. */
export type Damage = (path: string, outside: string) => string;

/** Damage of bytes: half of it is near the start, where formats have their headers. */
const ofBytes: fc.Arbitrary<Damage> = fc
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
    for (const { kind, position, bytes: given } of edits) {
      const start = position % Math.max(1, bytes.length);
      const [before, after] = [bytes.subarray(0, start), bytes.subarray(start)];
      const kept = { set: after.subarray(given.length), insert: after, remove: after.subarray(given.length) };
      bytes = Buffer.concat([
        before,
        kind === 'set' || kind === 'insert' ? given : new Uint8Array(),
        kind === 'truncate' ? new Uint8Array() : kept[kind as keyof typeof kept],
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

/** Damage of a value at a random place of a tree: it is replaced, removed, or has another name. */
const ofTree = fc.record({
  place: fc.nat(),
  kind: fc.constantFrom('replace', 'replace', 'remove', 'rename'),
  value: oddValue,
});

type TreeDamage = typeof ofTree extends fc.Arbitrary<infer Value> ? Value : never;

/** A copy of a tree with one value changed. */
function damageTree(tree: unknown, { place, kind, value }: TreeDamage): unknown {
  const root = { root: structuredClone(tree) } as Record<string, unknown>;
  const places = placesIn(root);
  const { branch, key } = places[place % places.length]!;
  const old = branch[key];
  if (kind === 'replace') {
    branch[key] = value;
  } else if (branch !== root) {
    delete branch[key];
    if (kind === 'rename') {
      Object.defineProperty(branch, String(value).slice(0, 1000), {
        ...{ value: old, enumerable: true, configurable: true, writable: true },
      });
    }
  }
  return root.root;
}

function placesIn(branch: Record<string, unknown>): { branch: Record<string, unknown>; key: string }[] {
  // Only the first of a long list.
  return Object.keys(branch)
    .slice(0, 200)
    .flatMap((key) => {
      const value = branch[key];
      const inner = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
      return [{ branch, key }, ...placesIn(inner)];
    });
}

/** Damage of the values of a text. */
const ofText = (read: (text: string) => unknown, write: (tree: unknown) => string): fc.Arbitrary<Damage> =>
  ofTree.map((damage) => (path) => {
    writeFileSync(path, write(damageTree(read(readFileSync(path, 'utf8')), damage)));
    return `a value (${damage.kind})`;
  });

/** Damage of the JSON header of a safetensors file, with the right length. */
const ofHeader: fc.Arbitrary<Damage> = ofTree.map((damage) => (path) => {
  const file = readFileSync(path);
  const length = Number(file.readBigUInt64LE());
  const header = Buffer.from(
    JSON.stringify(damageTree(JSON.parse(file.subarray(8, 8 + length).toString()), damage)),
  );
  writeFileSync(
    path,
    Buffer.concat([littleEndian(BigInt(header.length)), header, file.subarray(8 + length)]),
  );
  return `its header (${damage.kind})`;
});

/** A link in the place of the file. */
const asLink: fc.Arbitrary<Damage> = fc
  .constantFrom(...Object.keys(plantedLinks))
  .map((name) => (path, outside) => {
    rmSync(path, { recursive: true });
    plantedLinks[name]!(path, outside);
    return name;
  });

const json = ofText(JSON.parse, (tree) => JSON.stringify(tree));
const jsonLines = ofText(
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
  yaml: ofText(parse, (tree) => stringify(tree)),
  safetensors: ofHeader,
};

/** Damage of a file by its name: of its values if it has any, of its bytes, or a link. */
export function damageOf(name: string): fc.Arbitrary<Damage> {
  const values = byEnding[name.split('.').at(-1)!];
  return fc.oneof({ weight: 3, arbitrary: ofBytes }, ...(values ? [{ weight: 6, arbitrary: values }] : []), {
    weight: 1,
    arbitrary: asLink,
  });
}

function littleEndian(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}
