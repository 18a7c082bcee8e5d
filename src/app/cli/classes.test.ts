// The commands with a model with classes, from images in folders by class to samples, scores and edits of a class.
import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { beforeAll, describe, expect, it } from 'vitest';
import { RandomStream } from '../../core/numeric/random.ts';
import { commandProcess } from '../../testing/command.ts';
import { writePng } from '../../testing/pngFiles.ts';
import { tinyTraining, writeTinyDataset } from '../../testing/tinyImages.ts';

const emerging = commandProcess();
const classes = ['dark', 'light'];

beforeAll(async () => {
  const random = new RandomStream(0);
  for (const [split, count] of [
    ['train', 80],
    ['test', 20],
  ] as const) {
    for (let index = 0; index < 2 * count; index++) {
      const path = join(emerging.folder, 'photos', split, classes[index % 2]!, `${index}.png`);
      const pixels = Uint8Array.from({ length: 64 }, () => (index % 2) * 120 + random.integer(100));
      writePng(path, pixels, [8, 8, 1]);
    }
  }
  writeTinyDataset(join(emerging.folder, 'unlabelled'));
  const options = ['--steps=200', '--threads=1', '--set=training.warmupSteps=5'];
  const rate = '--set=training.learningRate=0.02';
  await emerging.json(
    'train --data=photos --out=runs/a',
    ...tinyTraining,
    ...options,
    rate,
    '--set=model.classes=true',
  );
  await emerging.json(
    'train --data=unlabelled --steps=1 --no-test --threads=1 --out=runs/plain',
    ...tinyTraining,
  );
});

describe('a model of two classes', () => {
  it('is evaluated given the class, without it and as a classifier', async () => {
    const shown = await emerging.json('datasets', 'show', 'photos', '--out=shown.png');
    expect(shown.classes.light).toEqual({ train: 68, validation: 12, test: 20 });
    const evaluation = await emerging.json('evaluate', 'runs/a', '--threads=1');
    expect(evaluation.likelihood).toBe('p(x | class)');
    expect(evaluation.classes.accuracy).toBeGreaterThan(0.9);
    expect(
      evaluation.classes.byClass.map((entry: { class: string; images: number }) => [
        entry.class,
        entry.images,
      ]),
    ).toEqual([
      ['dark', 20],
      ['light', 20],
    ]);
    const { stdout } = await emerging.run('evaluate', 'runs/a', '--threads=1');
    expect(stdout).toMatch(
      /bits\/dim of p\(x \| class\) \(.*\n.*\n.*bits\/dim of p\(x\), the classes equally likely\nclassification by Bayes' rule: /,
    );
  });

  it('samples one class, or a row for each', async () => {
    const rows = await emerging.json('sample', 'runs/a', '--count=9', '--threads=1', '--out=rows.png');
    expect(rows).toMatchObject({ count: 8, classes });
    const light = await emerging.json('sample', 'runs/a', '--class=light', '--count=4', '--out=light.png');
    const byNumber = await emerging.json('sample', 'runs/a', '--class=1', '--count=4', '--out=one.png');
    expect([light.classes, byNumber.classes]).toEqual([['light'], ['light']]);
    const read = (file: string) => decode(readFileSync(join(emerging.folder, file)));
    expect(read('one.png').data).toEqual(read('light.png').data);
    const { data, width, height } = read('rows.png');
    const mean = (first: number, last: number): number => {
      const part = Array.from(data.slice(first * width, last * width));
      return part.reduce((sum, value) => sum + value, 0) / part.length;
    };
    expect(mean(height / 2, height)).toBeGreaterThan(mean(0, height / 2) + 40);
    const { stderr } = await emerging.run(
      'sample',
      'runs/a',
      '--count=1001',
      '--threads=1',
      '--out=many.png',
    );
    expect(stderr).toContain('1,000 images instead of 1,001, to fill every row');
  });

  it('samples a row for each class under each of several conditions', async () => {
    const images = readdirSync(join(emerging.folder, 'photos'), { recursive: true, encoding: 'utf8' });
    const rows = images.filter((name) => name.endsWith('.png')).map((name, index) => `${name},${index % 5}`);
    writeFileSync(join(emerging.folder, 'photos/conditions.csv'), `file,shift\n${rows.join('\n')}\n`);
    const both = ['--set=model.classes=true', '--set=model.condition=true', '--out=runs/both'];
    await emerging.json('train --data=photos --steps=1 --no-test --threads=1', ...tinyTraining, ...both);
    writeFileSync(join(emerging.folder, 'three.csv'), 'shift\n0\n1\n2\n');
    const args = ['sample', 'runs/both', '--condition=three.csv', '--threads=1', '--out=both.png'];
    expect(await emerging.json(...args, '--count=13')).toMatchObject({ count: 12, classes });
    const { width, height } = decode(readFileSync(join(emerging.folder, 'both.png')));
    expect(height).toBeGreaterThan(2 * width);
    rmSync(join(emerging.folder, 'photos/conditions.csv'));
  });

  it('lists wrong labels first', async () => {
    cpSync(join(emerging.folder, 'photos'), join(emerging.folder, 'mislabelled'), { recursive: true });
    const test = join(emerging.folder, 'mislabelled/test');
    renameSync(join(test, 'dark/0.png'), join(test, 'light/wrong.png'));
    const args = ['score', 'runs/a', '--data=mislabelled', '--score=label', '--threads=1'];
    const { images, score } = await emerging.json(...args);
    expect(score).toBe('label');
    expect(images[0].file).toBe(join('mislabelled', 'test/light/wrong.png'));
    expect(images[0].score).toBeGreaterThan(0);
    expect(images[1].score).toBeLessThan(images[0].score);
    const { stdout } = await emerging.run(...args);
    expect(stdout).toContain(
      'label: bits by which another class suits an image better than its label; higher is odder.',
    );
  });

  it('moves an image to the other class', async () => {
    const edit = await emerging.json('edit runs/a photos/test/dark/0.png --to-class=all --out=edit.png');
    expect(edit).toMatchObject({ class: 'dark', classes });
    const { data, width } = decode(readFileSync(join(emerging.folder, 'edit.png')));
    const brightness = [0, 1, 2, 3].map((image) => {
      const side = (width - 6) / 4;
      const pixels = Array.from(
        { length: side * side },
        (_, pixel) => data[Math.floor(pixel / side) * width + image * (side + 2) + (pixel % side)]!,
      );
      return pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
    });
    expect(brightness[1]).toBeCloseTo(brightness[0]!, 0);
    expect(brightness[2]).toBeCloseTo(brightness[0]!, 0);
    expect(brightness[3]).toBeGreaterThan(brightness[0]! + 40);
  });
});

it.each([
  [['sample', 'runs/a', '--class=bright', '--out=x.png'], "unknown class 'bright': did you mean light?"],
  [['sample', 'runs/plain', '--class=1', '--out=x.png'], 'the model has no classes: leave out --class 1'],
  [['edit', 'runs/plain', 'a.png', '--to-class=all', '--out=x.png'], 'name folders of images with --from'],
  [
    ['edit', 'runs/a', 'a.png', '--to-class=dark', '--from=a', '--out=x.png'],
    'cannot be combined with --from',
  ],
  [
    ['edit', 'runs/a', 'a.png', '--from=a', '--out=x.png'],
    'name two folders of images, --from and --towards',
  ],
  [['train', '--data=photos', ...tinyTraining, '--set=model.classes=[a, b, c]'], 'but the model has 3'],
])('refuses %j', async (args, message) => {
  expect(await emerging.refused(...args)).toContain(message);
});
