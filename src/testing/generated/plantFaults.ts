// Whether generated tests find faults: plants one after the other in a copy of the tree, and runs `npm run fuzz` there.
//
//   npm run faults -- --faults 40 --seed 1
//
// A fault is one changed token of a formula: another operation, comparison, constant or axis. The exit code is 1 if fewer
// than nine of ten are found.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { wholeNumber } from '../../app/cli/parts/options.ts';
import { RandomStream } from '../../core/numeric/random.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Folders with formulas, and the topic whose cases use them most. */
const folders: Readonly<Record<string, string>> = {
  'src/tensor/operations': 'tensors',
  'src/tensor/gradients': 'tensors',
  'src/flows/layers': 'flows',
  'src/flows/coupling': 'flows',
  'src/flows/contract': 'flows',
  'src/flows/priors': 'models',
  'src/flows/dequantisers': 'models',
  'src/flows/models': 'models',
  'src/uses/codec/model': 'codec',
  'src/uses/codec/maps': 'codec',
};

/** What a token becomes. */
const changes: readonly (readonly [RegExp, string])[] = [
  [/\bnegate\(/g, '('],
  [/\bsubtract\(/g, 'add('],
  [/\badd\(/g, 'subtract('],
  [/\bmultiply\(/g, 'divide('],
  [/\bdivide\(/g, 'multiply('],
  [/ < /g, ' <= '],
  [/ >= /g, ' > '],
  [/ \+ 1\b/g, ' + 2'],
  [/ - 1\b/g, ' - 2'],
  [/ \+ (?=\w)/g, ' - '],
  [/\b0\.5\b/g, '0.6'],
  [/\b3\)/g, '2)'],
  [/\[1, 2, 3\]/g, '[1, 2]'],
  [/, 0\)/g, ', 1)'],
  [/\bcos\b/g, 'sin'],
];

interface Fault {
  readonly file: string;
  readonly topic: string;
  readonly line: number;
  readonly before: string;
  readonly after: string;
  /** The file with the fault. */
  readonly text: string;
}

/** All faults of a file. */
function faultsIn(file: string, topic: string): Fault[] {
  const text = readFileSync(join(root, file), 'utf8');
  return changes.flatMap(([pattern, replacement]) =>
    [...text.matchAll(pattern)].flatMap(({ 0: token, index }) => {
      const start = text.lastIndexOf('\n', index) + 1;
      const end = text.indexOf('\n', index);
      const before = text.slice(start, end);
      const name = /^\w+(?=\()/.exec(replacement)?.[0];
      const isFormula = !/^\s*(\/|\*|import|export (type|interface)|throw)|['"`]/.test(before);
      const isKnown = name === undefined || new RegExp(`^  ${name},$`, 'm').test(text);
      if (!isFormula || !isKnown) {
        return [];
      }
      const changed = text.slice(0, index) + replacement + text.slice(index + token.length);
      const after = changed.slice(start, changed.indexOf('\n', start));
      const line = text.slice(0, index).split('\n').length;
      return [{ file, topic, line, before: before.trim(), after: after.trim(), text: changed }];
    }),
  );
}

/** Whether `npm run fuzz` with these arguments refutes a property, or can't even start. */
async function isRefuted(
  folder: string,
  args: readonly string[],
  processes: Set<ChildProcess>,
): Promise<boolean> {
  const child = spawn('npx', ['tsx', 'src/testing/generated/fuzz.ts', '--seed', '1', ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  processes.add(child);
  return new Promise((resolve) => {
    child.stdout!.on('data', (chunk: Buffer) => {
      if (chunk.includes('refuted: ')) {
        // The whole group: npx starts others.
        process.kill(-child.pid!);
      }
    });
    child.on('exit', (code) => {
      processes.delete(child);
      resolve(code !== 0);
    });
  });
}

const options = new Command('plantFaults')
  .option('--faults <n>', 'how many faults', wholeNumber(1), 40)
  .option('--seed <n>', 'which faults', wholeNumber(0), 1)
  .parse()
  .opts<{ faults: number; seed: number }>();

const random = new RandomStream(options.seed, 'faults');
const candidates = Object.entries(folders).map(([folder, topic]) =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .flatMap((file) => faultsIn(join(folder, file), topic)),
);
const copy = mkdtempSync(join(tmpdir(), 'faults-'));
const processes = new Set<ChildProcess>();
process.on('SIGINT', () => {
  for (const { pid } of processes) {
    process.kill(-pid!);
  }
  rmSync(copy, { recursive: true, force: true });
  process.exit(130);
});
for (const file of execFileSync(
  'git',
  ['ls-files', 'src', 'golden', 'models', 'package.json', 'tsconfig.json'],
  {
    cwd: root,
    encoding: 'utf8',
  },
)
  .trim()
  .split('\n')) {
  cpSync(join(root, file), join(copy, file));
}
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));

function pick<Item>(items: readonly Item[]): Item {
  return items[random.integer(items.length)]!;
}

let refuted = 0;
try {
  for (let number = 0; number < options.faults; number++) {
    // As many from each folder.
    const { file, topic, line, before, after, text } = pick(candidates[number % candidates.length]!);
    const sound = readFileSync(join(copy, file), 'utf8');
    writeFileSync(join(copy, file), text);
    const start = performance.now();
    const isFoundByTopic = await isRefuted(copy, ['--only', topic, '--minutes', '0.7'], processes);
    const isFound = isFoundByTopic || (await isRefuted(copy, ['--minutes', '2'], processes));
    writeFileSync(join(copy, file), sound);
    refuted += Number(isFound);
    const seconds = Math.round((performance.now() - start) / 1000);
    process.stdout.write(
      `${isFound ? 'found' : 'SURVIVES'} after ${seconds} s: ${file}:${line}\n  ${before}\n  ${after}\n`,
    );
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
process.stdout.write(`${refuted} of ${options.faults} faults found\n`);
process.exitCode = refuted < 0.9 * options.faults ? 1 : 0;
