// A score of a user's own, with an option: from the command line and from code.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { buildPackage, commandLine, commandProcess } from '../../testing/command.ts';
import { writePng } from '../../testing/pngFiles.ts';

const root = buildPackage();
const emerging = commandLine(root);
/** Calls that register nothing. */
const without = commandProcess();
const inFolder = (name: string): string => join(emerging.folder, name);
const mine = join(root, 'dark.mjs');
const scoreMine = (...args: string[]) =>
  emerging.json('score', 'run', 'images', '--threads=1', '--import', mine, '--score=dark', ...args);

/** The value of all pixels of each image. */
const levels = [0, 10, 40, 20];

beforeAll(async () => {
  writeFileSync(
    mine,
    `import { define, limits, option } from 'emerging-flows/flows';
     export const dark = define.score({
       name: 'dark',
       summary: 'How much darker an image is than the brightest validation image.',
       trust: 'It knows nothing but brightness.',
       options: { power: option('The power of the difference.', limits.numberFrom(1, 4), 1) },
       from: ['brightness'],
       build: ({ power }) => (reference) => {
         const brightest = Math.max(...Array.from(reference.brightness));
         return ({ brightness }) => Array.from(brightness, (value) => Math.max(0, brightest - value) ** power);
       },
     });`,
  );
  levels.forEach((level, index) => {
    writePng(inFolder(`images/${index}.png`), new Uint8Array(64).fill(level), [8, 8, 1]);
  });
  await emerging.trainTiny('--set=training.warmupSteps=0', '--steps=1', '--no-test', '--out=run');
});

it('orders images, has p-values, and adds a column to the library’s', async () => {
  const report = await scoreMine('--out=scores.csv');
  expect(report).toMatchObject({ score: 'dark', scoreOptions: { power: 1 }, noPValues: null });
  const files = report.images.map(({ file }: { file: string }) => file);
  expect(files).toEqual([0, 1, 3, 2].map((index) => `images/${index}.png`));
  const [first, second] = report.images;
  expect(first.score - second.score).toBeCloseTo(10, 9);
  expect(first.pValue).toBe(1 / 17);
  expect(Object.keys(first.scores)).toEqual(['bits', 'complexity', 'typicality', 'dark']);
  expect(readFileSync(inFolder('scores.csv'), 'utf8')).toMatch(
    /^file,.*,pValue,bits,complexity,typicality,dark\n/,
  );
  const { stdout } = await emerging.run(
    ...['score', 'run', 'images', '--import', mine, '--score=dark', '--threads=1'],
  );
  expect(stdout).toContain(
    'dark: how much darker an image is than the brightest validation image; higher is odder. It knows nothing but brightness.\n',
  );
});

it('takes its option, and gives code the same numbers', async () => {
  const { images } = await scoreMine();
  const report = await scoreMine('--set=score.power=2');
  expect(report.scoreOptions).toEqual({ power: 2 });
  report.images.forEach(({ score }: { score: number }, rank: number) => {
    expect(score).toBeCloseTo(images[rank].score ** 2, 6);
  });
  const program = join(root, 'program.mjs');
  writeFileSync(
    program,
    `import { loadModel, score } from 'emerging-flows';
     import { registerPart } from 'emerging-flows/flows';
     import { dark } from './dark.mjs';
     const model = await loadModel('run', { threads: 1 });
     const pixels = Uint8Array.from({ length: 256 }, (_, index) => ${JSON.stringify(levels)}[index >> 6]);
     const inPlace = await score(model, pixels, { score: { name: dark, power: 2 } });
     registerPart(dark);
     const byName = await score(model, pixels, { score: { name: 'dark', power: 2 } });
     console.log(JSON.stringify([inPlace, byName].map(({ images }) => images.map(({ score, pValue }) => [score, pValue]))));
     await model.release();`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [program], { cwd: emerging.folder });
  const [inPlace, byName] = JSON.parse(stdout);
  const expected = report.images.map(({ score, pValue }: { score: number; pValue: number }) => [
    score,
    pValue,
  ]);
  expect(inPlace).toEqual(expected);
  expect(byName).toEqual(expected);
});

it('is in help with its option', async () => {
  const { stdout } = await emerging.run('score', '--help', '--import', mine);
  expect(stdout).toContain(
    '  dark: How much darker an image is than the brightest validation image.\n' +
      '    score.power: The power of the difference; a number from 1 to 4; default 1\n',
  );
  expect(stdout.replace(/\s+/g, ' ')).toContain(
    'by this score: bits, complexity, typicality, best-class, label, dark,',
  );
});

it.each([
  [['--score=dark'], /^unknown score 'dark': known: bits, .* Register your own first: --import MODULE$/],
  [['--score=bits', '--set=score.power=2'], /^score\.power is not an option of the score bits: it has none$/],
  [['--set=score.power=2'], /^--set score\.power=2: it sets an option of the score that --score names/],
])('is refused in one line with %j', async (args, message) => {
  const words = ['score', inFolder('run'), inFolder('images'), ...args];
  expect(await without.refusedWith(2, ...words)).toMatch(message);
});

it.each([
  [['--set=score.power=9'], /^score\.power must be a number from 1 to 4, not 9$/],
  [['--set=score.powr=2'], /did you mean score\.power\?$/],
])('is refused in one line with its option %j', async (args, message) => {
  const words = ['score', 'run', 'images', '--import', mine, '--score=dark'];
  expect(await emerging.refusedWith(2, ...words, ...args)).toMatch(message);
});
