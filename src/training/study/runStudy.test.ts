// A study of parts of one's own on tiny images: its report, stopped and resumed, and what is refused.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { define, elementwise, layers, registerPart } from '../../api/flows.ts';
import { operations, type Tensor } from '../../api/tensor.ts';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { writeTinyDataset } from '../../testing/tinyImages.ts';
import type { StudyDefinition } from './definition.ts';
import type { StudyReport } from './report.ts';
import { runStudy } from './runStudy.ts';

const folder = temporaryFolder();
const images = join(folder, 'images');
const { add, subtract } = operations;

/** y = x + shift. */
const shifting = elementwise({
  name: 'shifting',
  numbers: 1,
  forward: (x: Tensor, shift: Tensor) => ({ y: add(x, shift), logDerivative: subtract(shift, shift) }),
  inverse: (y: Tensor, shift: Tensor) => subtract(y, shift),
});

const definition: StudyDefinition = {
  title: 'Parts of my own',
  base: {
    preset: 'paper-mnist-quickstart',
    'data.validation': 0.1,
    model: { levels: 1, depth: 1, conditioner: { width: 4 } },
    training: { batchSize: 16, warmupSteps: 1, averageDecay: 0.5, steps: 15, decay: 'none' },
  },
  datasets: [images],
  seeds: [0, 1, 2],
  variants: {
    plain: { 'model.mixing': '1x1' },
    own: {
      'model.mixing': 'study-mixing',
      'model.coupling': 'study-transformer',
      'training.optimizer': 'muon',
    },
  },
  grid: { 'training.learningRate': { search: [0.01, 0.02, 0.04] } },
  search: { steps: 10, seeds: [7] },
};
const engine = { threads: 1, workers: 1 };

beforeAll(() => {
  const module = import.meta.url;
  writeTinyDataset(images);
  registerPart(
    define.mixing({
      name: 'study-mixing',
      summary: 'Has no inverse.',
      module,
      build: (shape) => ({
        turned: {
          ...layers.reverse(shape),
          inverse() {
            throw new Error('no inverse yet');
          },
        },
      }),
    }),
  );
  registerPart(
    define.transformer({ name: 'study-transformer', summary: 'Shifts.', module, build: () => shifting }),
  );
});

let uninterrupted: StudyReport;
beforeAll(async () => {
  uninterrupted = (await runStudy(definition, join(folder, 'whole'), engine))!;
}, 120_000);

/** Everything but times, which no two measurements share. */
const table = ({ datasets, warnings }: StudyReport) => ({
  warnings,
  datasets: datasets.map(({ equalSeconds: _, variants, ...dataset }) => ({
    ...dataset,
    variants: variants.map(
      ({
        secondsPerStep: _,
        sampling: __,
        equalTime: ___,
        differenceAtEqualTime: ____,
        seeds,
        ...variant
      }) => ({
        ...variant,
        differenceAtEqualSteps: variant.differenceAtEqualSteps && {
          ...variant.differenceAtEqualSteps,
          pHolm: 0,
        },
        seeds: seeds.map(({ atEqualTime: _, ...seed }) => seed),
      }),
    ),
  })),
});

describe('the report', () => {
  it('has every variant with its rate, size and times, and says what is missing', () => {
    const [{ variants, split, images: count, steps }] = uninterrupted.datasets as [
      StudyReport['datasets'][0],
    ];
    expect([split, count, steps]).toEqual(['test', 48, 15]);
    expect(variants.map(({ variant }) => variant)).toEqual(['plain', 'own']);
    for (const { parameters, learningRate, tried, secondsPerStep, seeds } of variants) {
      expect(parameters).toBeGreaterThan(100);
      expect(tried.length).toBeGreaterThanOrEqual(3);
      expect(tried.map(({ rate }) => rate)).toContain(learningRate);
      expect(secondsPerStep).toBeGreaterThan(0);
      expect(seeds.map(({ seed, curve }) => [seed, curve.map(({ step }) => step)])).toEqual(
        [0, 1, 2].map((seed) => [seed, [3, 6, 9, 12, 15]]),
      );
    }
    expect(variants[0]!.sampling).toEqual({ milliseconds: expect.any(Number) });
    expect(variants[1]!.sampling).toEqual({ problem: expect.stringContaining('no inverse yet') });
    expect(uninterrupted.warnings).toContainEqual(
      expect.stringMatching(/^own on images: the time to sample was not measured: .*no inverse yet/),
    );
    expect(uninterrupted.warnings).toContain(
      'On images, own: training.optimizer.restLearningRate was not searched, so it may suit some variants better than others.',
    );
    expect(uninterrupted.warnings).toContain(
      'Learning rates were searched with one seed: another might have chosen others.',
    );
    const read = (name: string) => readFileSync(join(folder, 'whole', name), 'utf8');
    expect(JSON.parse(read('report.json'))).toEqual(JSON.parse(JSON.stringify(uninterrupted)));
    expect(read('report.csv').split('\n')).toHaveLength(1 + 2 * 2 + 1);
    expect(statSync(join(folder, 'whole', 'difference-images.png')).size).toBeGreaterThan(1000);
    const { mean } = variants[1]!.differenceAtEqualSteps!;
    expect(read('report.md')).toContain(`${mean < 0 ? '−' : '+'}${Math.abs(mean).toFixed(4)} ± `);
    expect(read('report.md')).not.toMatch(/NaN|undefined|null/);
  });
});

describe('a stopped study', () => {
  it('continues to the same table, and keeps what is done', async () => {
    const studyFolder = join(folder, 'stopped');
    const stopAt = async (done: number, resume: boolean) => {
      const stop = new AbortController();
      const onProgress = (_: string, steps: number) => steps === done && stop.abort();
      return runStudy(definition, studyFolder, {
        ...engine,
        resume,
        signal: stop.signal,
        events: { onProgress },
      });
    };
    // Within the second training of the search, and the third of the seeds.
    expect(await stopAt(14, false)).toBeNull();
    const searched = [...uninterrupted.datasets[0]!.variants].reduce(
      (sum, { tried }) => sum + 10 * tried.length,
      0,
    );
    expect(await stopAt(searched + 2 * 15 + 5, true)).toBeNull();
    const summaryFile = join(studyFolder, 'images', 'plain-seed0', 'summary.json');
    const before = readFileSync(summaryFile, 'utf8');
    const trained: string[] = [];
    const steps: number[] = [];
    const events = {
      onTraining: (text: string) => trained.push(text),
      onProgress: (phase: string, done: number) => phase === 'training' && steps.push(done),
    };
    const report = await runStudy(definition, studyFolder, { ...engine, resume: true, events });
    expect(trained).toHaveLength(4);
    // The clock starts with what is left.
    expect(steps[0]).toBeGreaterThan(searched + 2 * 15);
    expect(trained[0]).toMatch(/^training plain on images, seed 1, rate /);
    expect(JSON.parse(readFileSync(summaryFile, 'utf8')).seconds).toBe(JSON.parse(before).seconds);
    expect(table(report!)).toEqual(table(uninterrupted));

    // Nothing is left to train, time or test.
    const idle: string[] = [];
    const again = await runStudy(definition, studyFolder, {
      ...engine,
      resume: true,
      events: { onTraining: (text) => idle.push(text), onProgress: (phase) => idle.push(phase) },
    });
    expect(idle).toEqual([]);
    expect(again).toEqual(report);

    // A training whose test failed doesn't change the times of the others.
    const recordFile = join(studyFolder, 'images', 'plain-seed0.json');
    const { perImage: _, ...record } = JSON.parse(readFileSync(recordFile, 'utf8'));
    writeFileSync(recordFile, JSON.stringify({ ...record, failure: '1 of 48 test images overflowed' }));
    const failed = await runStudy(definition, studyFolder, { ...engine, resume: true });
    expect(failed!.datasets[0]!.variants.map(({ secondsPerStep }) => secondsPerStep)).toEqual(
      report!.datasets[0]!.variants.map(({ secondsPerStep }) => secondsPerStep),
    );
    expect(failed!.datasets[0]!.equalSeconds).toBe(report!.datasets[0]!.equalSeconds);
  }, 120_000);
});

describe('a study is refused in one line', () => {
  const fails = async (changed: Partial<StudyDefinition>, studyFolder: string, resume = false) =>
    expect(runStudy({ ...definition, ...changed }, join(folder, studyFolder), { ...engine, resume })).rejects;

  it('if its folder holds another, or none to resume', async () => {
    await (await fails({}, 'whole')).toThrow(
      /whole already holds a study: choose another folder, or continue it with resume: true/,
    );
    await (await fails({}, 'none', true)).toThrow(/none holds no study to continue: omit resume: true/);
    mkdirSync(join(folder, 'other', 'file'), { recursive: true });
    await (await fails({}, 'other')).toThrow(
      /other is not empty \(it contains file\); choose another folder$/,
    );
  });

  it('if a training in its folder has other settings', async () => {
    const base = { ...definition.base, 'model.conditioner.width': 8 };
    const saved = () => readFileSync(join(folder, 'whole', 'study.json'), 'utf8');
    const before = saved();
    await (await fails({ base }, 'whole', true)).toThrow(
      /plain-rate0\.01-seed7 was trained with other settings \(model\.conditioner\.width was 4 and is 8 in the study\)/,
    );
    expect(saved()).toBe(before);
  });

  it('if the images have changed since a training ended', async () => {
    writeTinyDataset(images, { tests: 47 });
    await (await fails({}, 'whole', true)).toThrow(
      /images: its test images are not the ones the run was trained with: 47 images instead of 48 .*data\.json\): restore them/,
    );
    writeTinyDataset(images);
  });

  it('if variants differ in their steps or images, before anything is trained', async () => {
    const variants = { a: {}, b: { 'training.steps': 20 } };
    await (await fails({ variants }, 'x')).toThrow(/b on .*images: 20 steps, but a has 15/);
    for (const change of [{ 'data.validation': 0.2 }, { 'model.classes': true }]) {
      await (await fails({ variants: { a: {}, b: change } }, 'x')).toThrow(
        /b on .*images: its images, conditions, classes or unit differ from the baseline's/,
      );
    }
    const unfit = { a: {}, b: { 'model.levels': 9 } };
    await (await fails({ variants: unfit }, 'x')).toThrow(
      /b on .*images: 9 levels need sides divisible by 512, .* at most 3 levels fit$/,
    );
    expect(readdirSync(folder)).not.toContain('x');
  });
});

it('leaves out trainings that diverge, and says so', async () => {
  const diverging: StudyDefinition = {
    ...definition,
    seeds: [0, 1],
    variants: {
      plain: {},
      wild: { training: { learningRate: 900, clipNorm: 'none' }, model: { conditioner: { width: 8 } } },
    },
    grid: {},
    search: undefined,
  };
  const report = await runStudy(diverging, join(folder, 'diverging'), engine);
  const [plain, wild] = report!.datasets[0]!.variants;
  expect(plain!.equalSteps).not.toBeNull();
  expect(wild).toMatchObject({ equalSteps: null, differenceAtEqualSteps: null, secondsPerStep: null });
  expect(report!.warnings).toContainEqual(
    expect.stringMatching(/^wild on images, seed 1: left out: .*diverged/),
  );
  expect(report!.warnings).toContainEqual(
    expect.stringMatching(
      /^On images, wild has \d\.\d times the parameters of plain, so sizes are compared too:/,
    ),
  );
  rmSync(join(folder, 'diverging'), { recursive: true });
}, 60_000);

const points = join(folder, 'points.csv');
beforeAll(() => {
  const rows = Array.from(
    { length: 200 },
    (_, row) => `${3 * Math.sin(12.9 * row)},${(row % 5) + Math.cos(7.3 * row)}`,
  );
  writeFileSync(points, `x,y\n${rows.join('\n')}\n`);
});

it('compares models of real numbers, which are standardised by the images', async () => {
  const report = await runStudy(
    {
      base: {
        preset: 'points',
        model: { depth: 1, conditioner: { width: 8 } },
        training: { batchSize: 16, steps: 5, warmupSteps: 1 },
      },
      datasets: [points],
      seeds: [0],
      grid: { 'model.mixing': ['1x1', 'reverse'] },
    },
    join(folder, 'real'),
    engine,
  );
  expect(report!.unit).toBe('nats/value');
  for (const { parameters, secondsPerStep, equalSteps } of report!.datasets[0]!.variants) {
    expect(parameters).toBeGreaterThan(300);
    expect(secondsPerStep).toBeGreaterThan(0);
    expect(equalSteps!.mean).toBeLessThan(10);
  }
}, 60_000);

it('names the variant whose configuration the images refuse', async () => {
  const study = {
    base: { preset: 'points', training: { batchSize: 16, steps: 1 } },
    datasets: [points],
    seeds: [0],
    variants: { plain: { 'model.classes': true }, other: { 'model.classes': true } },
  };
  await expect(runStudy(study, join(folder, 'refused'), engine)).rejects.toThrow(
    /^plain on .*points\.csv: model\.classes/,
  );
});
