// Commands on points: from a table to a density, samples and scores; and one line where only images make sense.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { beforeAll, describe, expect, it } from 'vitest';
import { RandomStream } from '../../core/numeric/random.ts';
import { commandProcess } from '../../testing/command.ts';

const emerging = commandProcess();
const inFolder = (path: string): string => join(emerging.folder, path);
const small = ['--set=model.depth=2', '--set=model.conditioner.width=8', '--set=training.warmupSteps=2'];

beforeAll(async () => {
  const random = new RandomStream(0, 'points');
  const rows = Array.from({ length: 400 }, () => [...random.normals(3)]);
  const table = (titles: string, lines: readonly (readonly number[])[]): string =>
    `${[titles, ...lines.map((line) => line.join(','))].join('\n')}\n`;
  // Numbers 0 and 1 are points, the third is a condition that moves them.
  writeFileSync(
    inFolder('p.csv'),
    table(
      'a,b',
      rows.map(([a, b, c]) => [a! + 3 * c!, 50 + 9 * b!]),
    ),
  );
  writeFileSync(
    inFolder('p.conditions.csv'),
    table(
      'c',
      rows.map(([, , c]) => [c!]),
    ),
  );
  writeFileSync(inFolder('three.csv'), table('a,b,c', rows));
  const train = ['train', '--preset=points', '--data=p.csv', ...small, '--steps=20', '--threads=1'];
  await emerging.json(...train, '--out=runs/p');
  await emerging.json(...train, '--set=model.condition=true', '--out=runs/given');
});

describe('a model of points', () => {
  it('is evaluated and sampled in the units of the data', async () => {
    const { natsPerValue, images } = await emerging.json('evaluate', 'runs/p', '--threads=1');
    expect(images).toBeGreaterThan(20);
    expect(Number.isFinite(natsPerValue)).toBe(true);
    expect(await emerging.json('sample', 'runs/p')).toMatchObject({ file: 'runs/samples.csv', count: 1000 });
    const [titles, ...rows] = readFileSync(inFolder('runs/samples.csv'), 'utf8').trim().split('\n');
    expect([titles, rows.length]).toEqual(['a,b', 1000]);
    const second = rows.map((row) => Number(row.split(',')[1]));
    expect(second.reduce((sum, value) => sum + value, 0) / 1000).toBeCloseTo(50, -1);
    await emerging.json('sample', 'runs/p', '--out=s.npy', '--count=7');
    expect(readFileSync(inFolder('s.npy'), 'latin1')).toContain("'shape': (7, 2)");
    await emerging.json('sample', 'runs/p', '--out=s.png');
    for (const picture of ['s.png', 'runs/p/samples/step-00000020.png']) {
      expect(decode(readFileSync(inFolder(picture)))).toMatchObject({ width: 1120, height: 1120 });
    }
  });

  it('scores points in files', async () => {
    await emerging.json('score', 'runs/p', 'p.csv', '--out=scores.csv', '--threads=1');
    const lines = readFileSync(inFolder('scores.csv'), 'utf8').trim().split('\n');
    expect(lines).toHaveLength(401);
    expect(lines[1]).toMatch(/^p\.csv\/\d+,/);
    expect(
      (await emerging.json('score', 'runs/given', 'p.csv', '--count=9', '--threads=1')).images,
    ).toHaveLength(9);
    writeFileSync(inFolder('turned.csv'), 'b,a\n50,1\n');
    expect(await emerging.refused('score', 'runs/p', 'turned.csv')).toContain(
      'the columns of turned.csv are b, a, but the model has a, b',
    );
  });

  it('depends on the conditions next to the points', async () => {
    const [low, high] = await Promise.all(
      [-2, 2].map(async (c) => {
        const out = `c${c}.csv`;
        await emerging.json('sample', 'runs/given', `--condition=c=${c}`, `--out=${out}`, '--seed=1');
        return readFileSync(inFolder(out), 'utf8');
      }),
    );
    expect(low).not.toBe(high);
  });
});

it.each([
  [
    ['train', '--data=p.csv'],
    'p.csv has points of 2 numbers, but the model is for images: use --preset points',
  ],
  [
    ['score', 'runs/p', 'three.csv'],
    'three.csv has points of 3 numbers, but the model takes points of 2 numbers',
  ],
  [['score', 'runs/p', 'p.csv', '--sheet=a.png'], "points of 2 numbers can't be drawn as images"],
  [['evaluate', 'runs/p', '--worst=a.png'], "points of 2 numbers can't be drawn as images"],
  [['datasets', 'prepare', 'p.csv', '--size=8'], 'these are points of 2 numbers, not images'],
])('%j is refused in one line', async (args, message) => {
  expect(await emerging.refused(...args)).toContain(message);
});
