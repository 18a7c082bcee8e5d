// The commands with a model with conditions, from a CSV beside the images to samples, scores and codes given some.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode, encode } from 'fast-png';
import { beforeAll, describe, expect, it } from 'vitest';
import { RandomStream } from '../numeric/random.ts';
import { commandProcess } from '../testing/command.ts';
import { hasMpirun, needsMpirun, startJob } from '../testing/mpirun.ts';
import { tinyTraining } from '../testing/tinyImages.ts';

const emerging = commandProcess();
const at = (name: string): string => join(emerging.folder, name);
const training = [...tinyTraining, '--set=training.warmupSteps=5', '--threads=1'];
const rows: string[] = [];

/** The posterior of a condition, as the command prints it. */
interface Found {
  readonly name: string;
  readonly mean: number;
  readonly quantiles: Readonly<Record<string, number>>;
}

beforeAll(async () => {
  const random = new RandomStream(0);
  for (const [split, count] of [
    ['train', 120],
    ['test', 20],
  ] as const) {
    mkdirSync(at(`maps/${split}`), { recursive: true });
    for (let index = 0; index < count; index++) {
      const level = random.uniform();
      const data = Uint8Array.from({ length: 64 }, () => 150 * level + random.integer(100));
      writeFileSync(at(`maps/${split}/${index}.png`), encode({ width: 8, height: 8, channels: 1, data }));
      rows.push(`${split}/${index}.png,${level},${index % 2 ? 'odd' : 'even'},${random.uniform()}`);
    }
  }
  writeFileSync(at('maps/conditions.csv'), ['file,level,note,chance', ...rows].join('\n'));
  await emerging.json(
    'train',
    '--data=maps',
    ...training,
    '--steps=300',
    '--set=training.learningRate=0.02',
    '--set=model.condition=[level]',
    '--out=runs/a',
  );
});

it('a run lists its conditions, and evaluate uses those of the data', async () => {
  expect(readFileSync(at('runs/a/config.yaml'), 'utf8')).toMatch(/condition:\n.*name: level\n.*mean: 0\.\d+/);
  expect(readFileSync(at('runs/a/README.md'), 'utf8')).toContain(
    'couplings and learned priors depend: level',
  );
  const found = await emerging.json('evaluate', 'runs/a', '--threads=1');
  const summary = JSON.parse(readFileSync(at('runs/a/summary.json'), 'utf8'));
  expect(found.bitsPerDim).toBeCloseTo(summary.evaluations[0].bitsPerDim, 6);
});

it('samples are drawn given each condition', async () => {
  const meanOf = async (level: number): Promise<number> => {
    const args = ['--count=16', `--condition=level=${level}`, '--threads=1', '--out=drawn.png'];
    expect(await emerging.json('sample', 'runs/a', ...args)).toMatchObject({ condition: { level } });
    const { data } = decode(readFileSync(at('drawn.png')));
    return Array.from(data).reduce((sum, value) => sum + value, 0) / data.length;
  };
  expect(await meanOf(0.9)).toBeGreaterThan((await meanOf(0.1)) + 30);
});

it('samples are drawn for each row of a file, as a picture, an array or both', async () => {
  writeFileSync(at('levels.csv'), 'level\n0.1\n0.5\n0.9\n');
  const drawn = (...args: string[]) =>
    emerging.json('sample', 'runs/a', '--condition=levels.csv', '--threads=1', ...args);
  expect(await drawn('--count=6', '--array=rows.npy')).toMatchObject({ array: 'rows.npy', count: 6 });
  const [mean, , last] = [0, 1, 2].map((row) => {
    const values = readFileSync(at('rows.npy'))
      .subarray(-6 * 64)
      .subarray(row * 128, (row + 1) * 128);
    return values.reduce((sum, value) => sum + value, 0) / 128;
  }) as [number, number, number];
  expect(last).toBeGreaterThan(mean + 30);
  const { count, file } = await drawn('--out=rows.png');
  expect([count, file]).toEqual([63, 'rows.png']);
});

it('warns about numbers far outside those of the training images, and posteriors cut off by their range', async () => {
  const sample = ['sample', 'runs/a', '--count=1', '--out=far.png', '--threads=1'];
  expect((await emerging.run(...sample, '--condition=level=0.9')).stderr).not.toContain(
    'standard deviations',
  );
  expect((await emerging.run(...sample, '--condition=level=5')).stderr).toMatch(
    /level=5 is 1\d standard deviations from the mean of the training images, 0\.\d+ ± 0\.\d+: the model has hardly seen such images/,
  );
  const infer = ['infer', 'runs/a', '--data=maps', '--count=3', '--threads=1'];
  const { stderr } = await emerging.run(...infer, '--range=level=3:4');
  expect(stderr).toMatch(/level=4 is 1\d/);
  expect(stderr).toMatch(
    /the posterior of level of \d of 3 images is cut off by its range, and depends on it/,
  );
});

it('images are scored given their own condition, or one for all', async () => {
  const scores = async (...args: string[]) => {
    const { images } = await emerging.json('score', 'runs/a', ...args, '--threads=1');
    return Object.fromEntries(
      images.map(({ file, bitsPerDim }: { file: string; bitsPerDim: number }) => [file, bitsPerDim]),
    );
  };
  const own = await scores('--data=maps');
  const [, level] = rows.find((row) => row.startsWith('test/0.png'))!.split(',');
  const given = await scores('maps/test/0.png', `--condition=level=${level}`);
  const file = join('maps', 'test/0.png');
  const other = await scores('maps/test/0.png', '--condition=level=0.5');
  expect(Math.abs(other[file]! - own[file]!)).toBeGreaterThan(1e-3);
  expect(given[file]).toBeCloseTo(own[file]!, 6);
  const inFolder = await scores('maps');
  expect(inFolder[file]).toBeCloseTo(own[file]!, 6);
});

it('infers the conditions of images, which are near the true ones', async () => {
  const { images } = await emerging.json('infer', 'runs/a', '--data=maps', '--out=found.csv', '--threads=1');
  expect(images).toHaveLength(20);
  const errors = images.map(({ file, posterior: [one] }: { file: string; posterior: [Found] }) => {
    const [, level] = rows.find((row) => join('maps', row).startsWith(`${file},`))!.split(',');
    expect(one.name).toBe('level');
    expect(one.quantiles['0.05']!).toBeLessThan(one.quantiles['0.95']!);
    return Math.abs(one.mean - Number(level));
  });
  // Without the images, the mean error is a quarter.
  expect(errors.reduce((sum: number, error: number) => sum + error, 0) / 20).toBeLessThan(0.12);
  expect(readFileSync(at('found.csv'), 'utf8')).toMatch(
    /^file,condition,mean,deviation,q0.05,q0.5,q0.95\nmaps/,
  );
  copyFileSync(at('maps/test/0.png'), at('=1.png'));
  const { stdout } = await emerging.run(
    'infer',
    'runs/a',
    '=1.png',
    '--range=level=0:1',
    '--out=formula.csv',
    '--threads=1',
  );
  expect(readFileSync(at('formula.csv'), 'utf8')).toContain("\n'=1.png,level,");
  expect(stdout).toMatch(/^IMAGE +CONDITION +MEAN +± +5 % +50 % +95 %\n/);
  expect(stdout).not.toContain('BELOW');
  expect(stdout).toContain('1 image; beforehand level from 0 to 1, equally likely');
});

it('compares posteriors with the true numbers, if wanted', async () => {
  const { stdout } = await emerging.run(
    'infer',
    'runs/a',
    '--data=maps',
    '--truth',
    '--out=true.csv',
    '--threads=1',
  );
  expect(stdout).toMatch(/^IMAGE +CONDITION +MEAN +± +5 % +50 % +95 % +TRUE +BELOW\n/);
  expect(stdout).toMatch(
    /\nBELOW is uniform if the model is right \(Kolmogorov-Smirnov\): level p (< )?0\.\d+\n/,
  );
  const [header, ...lines] = readFileSync(at('true.csv'), 'utf8').trimEnd().split('\n');
  expect(header).toBe('file,condition,mean,deviation,q0.05,q0.5,q0.95,true,below');
  expect(lines).toHaveLength(20);
  for (const line of lines) {
    const [file, , , , ...values] = line.split(',');
    const [low, middle, high, truth, below] = values.map(Number) as [number, number, number, number, number];
    const [, level] = rows.find((row) => join('maps', row).startsWith(`${file},`))!.split(',');
    expect(truth).toBeCloseTo(Number(level), 6);
    // The quantiles and the probability describe the same posterior.
    expect(below < 0.05).toBe(truth < low);
    expect(below < 0.5).toBe(truth < middle);
    expect(below < 0.95).toBe(truth < high);
  }
});

describe.skipIf(!hasMpirun)(`two ranks ${needsMpirun}`, { tags: 'system' }, () => {
  it('train with the conditions of a CSV file as one process does, and measure them', async () => {
    const short = ['train', '--data=maps', ...training, '--set=model.condition=[level]', '--steps=8'];
    const job = (...args: string[]) => startJob(2, emerging.words(...args), { cwd: emerging.folder }).ended;
    const trained = await job(...short, '--out=runs/ranks');
    expect(trained.code, trained.stderr).toBe(0);
    await emerging.json(...short, '--out=runs/alone');
    const lossesOf = (name: string): number[] =>
      readFileSync(at(`${name}/metrics.jsonl`), 'utf8')
        .trim()
        .split('\n')
        .flatMap((line) => JSON.parse(line).bitsPerDim ?? []);
    const [found, expected] = [lossesOf('runs/ranks'), lossesOf('runs/alone')];
    expect(found).toHaveLength(8);
    for (const [step, loss] of found.entries()) {
      expect(Math.abs(loss - expected[step]!)).toBeLessThan(1e-5);
    }
    const { code, stdout } = await job('evaluate', 'runs/a', '--threads=1', '--json');
    expect(code).toBe(0);
    const alone = await emerging.json('evaluate', 'runs/a', '--threads=1');
    expect(JSON.parse(stdout).bitsPerDim).toBeCloseTo(alone.bitsPerDim, 9);
  }, 180_000);
});

it('resumes, unless the values that it uses have changed', async () => {
  const csv = readFileSync(at('maps/conditions.csv'), 'utf8');
  const resume = (steps: number) =>
    emerging.run('train', '--resume=runs/a', `--steps=${steps}`, '--threads=1', '--no-test');
  writeFileSync(at('maps/conditions.csv'), csv.replace(',odd,', ',other,').replaceAll('chance', 'luck'));
  expect(await resume(302)).toMatchObject({ code: 0 });
  writeFileSync(at('maps/conditions.csv'), csv.replace(/(train\/7\.png),[\d.]+/, '$1,0.25'));
  const { code, stderr } = await resume(304);
  expect(code).toBe(1);
  expect(stderr).toContain('the same images, but the condition level has other values');
  writeFileSync(at('maps/conditions.csv'), csv);
});

it.each([
  [
    2,
    ['sample', 'runs/a', '--out=x.png'],
    'the model depends on level: give a value of each, such as --condition level=0.',
  ],
  [
    2,
    ['sample', 'runs/a', '--condition=leven=1', '--out=x.png'],
    "unknown condition 'leven': did you mean level?",
  ],
  [
    2,
    ['sample', 'runs/a', '--condition=level=big', '--out=x.png'],
    'expected NAME=NUMBER, such as level=0.3',
  ],
  [
    2,
    ['sample', 'runs/a', '--condition=none.csv', '--out=x.png'],
    '--condition none.csv: there is no file none.csv',
  ],
  [
    2,
    ['sample', 'runs/a', '--condition=levels.csv', '--count=2', '--out=x.png'],
    '--count 2 is less than one image for each of the 3 rows of conditions',
  ],
  [
    2,
    ['sample', 'runs/a', '--condition=level=1'],
    'nowhere to write: name a PNG with --out, or an array with --array',
  ],
  [2, ['sample', 'runs/a', '--condition=level=1', '--condition=level=2', '--out=x.png'], 'is given twice'],
  [
    2,
    ['score', 'runs/a', 'maps/test/0.png'],
    'there is no conditions.csv or conditions.npy beside them: write one, or pass --condition level=VALUE',
  ],
  [2, ['infer', 'runs/a', 'maps/test/0.png', '--range=level=1'], 'two numbers, the lower one first'],
  [
    2,
    ['infer', 'runs/a', 'maps/test/0.png', '--condition=level=1'],
    'all conditions are given: leave out those to infer',
  ],
  [1, ['compress', 'maps', '--model=runs/a', '--out=x.eflow'], 'it depends on the condition of each image'],
  [
    1,
    ['train', '--data=maps', ...training, '--set=model.condition=true', '--out=runs/b'],
    "note is 'even': expected a number",
  ],
  [
    2,
    ['train', '--data=maps', ...training, '--set=model.condition=[lever]', '--out=runs/b'],
    'unknown condition of',
  ],
  [
    2,
    ['train', '--data=maps', ...training, '--set=data.conditions=a.csv', '--out=runs/b'],
    'data.conditions is set, but model.condition is not',
  ],
  [
    2,
    [
      'train',
      '--data=maps',
      ...training,
      '--set=data.conditions=a.csv',
      '--set=model.condition=true',
      '--out=runs/b',
    ],
    'a.csv',
  ],
])('exits with %i: %j', async (code, args, message) => {
  const result = await emerging.run(...args);
  expect(result.stderr).toContain(message);
  expect(result.stderr.trim().split('\n')).toHaveLength(1);
  expect(result.code).toBe(code);
});
