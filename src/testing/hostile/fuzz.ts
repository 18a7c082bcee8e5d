// `npm run fuzz`: feeds randomly damaged files to the commands that read them, until the time is over. A
// command must work or refuse in words, within limits of time and memory. What fails is kept.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { wholeNumber } from '../../cli/options.ts';
import { RandomStream } from '../../numeric/random.ts';
import { ClosedFolder } from '../../storage/closedFolder.ts';
import { tinyTraining, writeTinyDataset } from '../tinyImages.ts';
import { runInLimits } from './inLimits.ts';

const options = new Command('fuzz')
  .option('--minutes <n>', 'how long to go on', wholeNumber(1), 60)
  .option('--seed <n>', 'the seed of the damage', wholeNumber(0), 0)
  .option('--keep <folder>', 'an existing folder where files that fail are kept (default: fuzz-findings)')
  .parse()
  .opts<{ minutes: number; seed: number; keep?: string }>();
/** Where files that fail are kept; only a folder that was named may be a link. */
const keptIn = options.keep ?? 'fuzz-findings';
const findings = new ClosedFolder(options.keep ?? '.');

const LIMITS = { seconds: 20, openFiles: 256 };
const MOST_BYTES = 2 ** 30;
/** Commands per process: starting one takes a second. */
const BATCH = 40;

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const script = [process.execPath, '--import', import.meta.resolve('tsx'), here('./runCommands.ts')];
const folder = mkdtempSync(join(tmpdir(), 'emerging-fuzz-'));

/** A sound file, and how a damaged copy of it is read. */
interface Seed {
  readonly bytes: Uint8Array;
  /** Writes damaged bytes and returns the command that reads them, and the file. */
  place(bytes: Uint8Array, index: number): { command: string[]; file: string };
}

async function run(...commands: string[][]): Promise<void> {
  const { ended, killed } = await runInLimits(script, commands, folder, { ...LIMITS, seconds: 120 });
  const bad = ended.find(({ state }) => state !== 'done');
  if (bad || ended.length < commands.length) {
    throw new Error(`cannot prepare: ${bad?.message ?? killed?.join(' ') ?? 'the process ended'}`);
  }
}

/** Images and archives, as datasets and as images to score. */
function dataSeeds(): Seed[] {
  const fixtures = here('../../data/fixtures');
  return readdirSync(fixtures)
    .filter((name) => !/\.(ts|py|mjs)$/.test(name))
    .map((name) => ({
      bytes: readFileSync(join(fixtures, name)),
      place(bytes, index) {
        const file = join(folder, `${index}-${name}`);
        writeFileSync(file, bytes);
        const isImage = /^\.(png|jpe?g|webp|gif|tiff|avif)$/.test(extname(name));
        return {
          file,
          command: isImage
            ? ['score', 'run', file, '--resize', '--draws=1', '--threads=1']
            : ['datasets', 'show', file, `--out=${join(folder, 'shown.png')}`, '--limit=100', '--count=4'],
        };
      },
    }));
}

/** Every file of a run and of an export. */
function modelSeeds(): Seed[] {
  const seedOf = (model: string, name: string, command: (path: string) => string[]): Seed => ({
    bytes: readFileSync(join(folder, model, name)),
    place(bytes, index) {
      const path = join(folder, `${index}-${model}`);
      cpSync(join(folder, model), path, { recursive: true });
      writeFileSync(join(path, name), bytes);
      return { file: join(path, name), command: command(path) };
    },
  });
  const sample = (path: string): string[] => [
    'sample',
    path,
    '--count=4',
    `--out=${path}.png`,
    '--threads=1',
  ];
  const evaluate = (path: string): string[] => ['evaluate', path, '--draws=1', '--threads=1'];
  const resume = (path: string): string[] => [
    'train',
    '--resume',
    path,
    '--steps=5',
    '--no-test',
    '--threads=1',
  ];
  const latents: Seed = {
    bytes: readFileSync(join(folder, 'latents.safetensors')),
    place(bytes, index) {
      const file = join(folder, `${index}-latents.safetensors`);
      writeFileSync(file, bytes);
      return { file, command: ['decode', 'run', file, `--out=${file}.images`, '--threads=1'] };
    },
  };
  return [
    seedOf('run', 'config.yaml', sample),
    seedOf('run', 'summary.json', evaluate),
    seedOf('run', 'metrics.jsonl', resume),
    seedOf('run', 'timings.jsonl', resume),
    seedOf('run', join('checkpoints', 'step-00000004.safetensors'), sample),
    seedOf('run', join('checkpoints', 'step-00000004.safetensors'), resume),
    seedOf('export', 'model.safetensors', sample),
    seedOf('export', 'manifest.json', sample),
    latents,
  ];
}

/** Damages a file as bad disks, bad networks and bad people do. */
function damaged(bytes: Uint8Array, other: Uint8Array, random: RandomStream): Uint8Array {
  let result = Uint8Array.from(bytes);
  const at = (length: number): number => random.integer(Math.max(1, length));
  // Formats begin with what they promise, so half of all damage is done there.
  const place = (): number => at(random.uniform() < 0.5 ? Math.min(256, result.length) : result.length);
  for (let count = 1 + random.integer(4); count > 0; count--) {
    switch (random.integer(6)) {
      case 0:
        result[place()]! ^= 1 << random.integer(8);
        break;
      case 1:
        result[place()] = [0, 1, 0x7f, 0x80, 0xff, 0x2f, 0x5b, 0x22][random.integer(8)]!;
        break;
      case 2:
        // A number far too large, as four bytes.
        result.set(
          [0xff, 0xff, 0xff, 0x7f].slice(0, Math.max(0, result.length - 4)),
          Math.min(place(), Math.max(0, result.length - 4)),
        );
        break;
      case 3:
        result = result.slice(0, place());
        break;
      case 4: {
        // A part of another file.
        const start = at(other.length);
        const part = other.subarray(start, start + 1 + random.integer(64)).subarray(0, result.length);
        result.set(part, at(result.length - part.length));
        break;
      }
      default: {
        // A part twice.
        const start = place();
        const part = result.subarray(start, start + 1 + random.integer(256));
        result = Buffer.concat([result.subarray(0, start), part, part, result.subarray(start + part.length)]);
      }
    }
  }
  return result;
}

const quick = ['--set=training.warmupSteps=0', '--steps=4', '--no-test', '--threads=1'];
writeTinyDataset(join(folder, 'data'));
process.stderr.write('training a tiny model to damage\n');
await run(
  ['train', '--data=data', ...tinyTraining, ...quick, '--out=run'],
  ['export', 'run', '--out=export'],
  ['encode', 'run', '--data=data', '--count=4', '--out=latents.safetensors', '--threads=1'],
);
const seeds = [...dataSeeds(), ...modelSeeds()];
const random = new RandomStream(options.seed, 'fuzz');
const end = Date.now() + 60_000 * options.minutes;
const counts = { done: 0, refused: 0, failed: 0 };
let next = 0;

/** Keeps a file that a command did not cope with, and says so. */
function keep(file: string, command: readonly string[], why: string): void {
  counts.failed++;
  findings.makeFolder(keptIn);
  const kept = join(keptIn, `${options.seed}-${counts.failed}${extname(file)}`);
  findings.write(kept, readFileSync(file));
  process.stdout.write(`${kept}: ${command.slice(0, 2).join(' ')}: ${why}\n`);
}

async function work(): Promise<void> {
  while (Date.now() < end) {
    const batch = Array.from({ length: BATCH }, () => {
      const [seed, other] = [seeds[random.integer(seeds.length)]!, seeds[random.integer(seeds.length)]!];
      return seed.place(damaged(seed.bytes, other.bytes, random), next++);
    });
    const { ended, killed } = await runInLimits(
      script,
      batch.map(({ command }) => command),
      folder,
      LIMITS,
    );
    ended.forEach(({ state, message, peakBytes }, index) => {
      const { file, command } = batch[index]!;
      const earlier = ended[index - 1]?.peakBytes ?? 0;
      if (state === 'unexpected') {
        keep(file, command, message);
      } else if (peakBytes > MOST_BYTES && earlier <= MOST_BYTES) {
        keep(file, command, `${(peakBytes / 2 ** 20).toFixed(0)} MiB of memory`);
      } else {
        counts[state === 'done' ? 'done' : 'refused']++;
      }
    });
    if (killed) {
      const { file, command } = batch[ended.length]!;
      keep(file, command, `took more than ${LIMITS.seconds} s, or ended the process`);
    }
    for (const name of readdirSync(folder)) {
      if (batch.some(({ file }) => file.startsWith(join(folder, name)))) {
        rmSync(join(folder, name), { recursive: true, force: true });
      }
    }
    const minutes = Math.max(0, Math.ceil((end - Date.now()) / 60_000));
    process.stderr.write(
      `${next} files: ${counts.done} read, ${counts.refused} refused, ${counts.failed} failed; ${minutes} min left\n`,
    );
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, work));
rmSync(folder, { recursive: true });
process.exitCode = counts.failed > 0 ? 1 : 0;
