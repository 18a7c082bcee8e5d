// The rooms Inside and Odd in Chromium, compared with the library and the command line. They share a studio, because
// bundling and starting one takes longer than the tests.
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RandomStream } from '../../src/core/numeric/random.ts';
import { drawActivations } from '../../src/data/pictures/activations.ts';
import { openDataset } from '../../src/data/registry.ts';
import { loadModel } from '../../src/model/loading/loadModel.ts';
import { startRun } from '../../src/runs/open/run.node.ts';
import { commandLine } from '../../src/testing/command.ts';
import { chromiumPath, openChromium } from '../../src/testing/pages.ts';
import { writePng } from '../../src/testing/pngFiles.ts';
import {
  accessibilityFaults,
  buildStudio,
  canvasLevels,
  startStudio,
  visit,
} from '../../src/testing/studio.ts';
import { tinyImages, tinyTraining, writeTinyDataset } from '../../src/testing/tinyImages.ts';
import { labelledTinyDataset, tinyClasses, tinyConfig } from '../../src/testing/tinyRuns.ts';
import { train } from '../../src/training/loop/train.ts';
import { score } from '../../src/uses/odd/score.ts';
import { decimal } from '../numbers.ts';
import { DIGITS_FILE } from '../work/digits.ts';
import { pText, rankText, scoreText } from './odd/oddText.ts';

const root = buildStudio();
const emerging = commandLine(root);
const mnist = join(root, 'models/mnist-small');
const inFolder = (name: string): string => join(emerging.folder, name);

/** A file in the form that inputs take. */
const upload = (name: string, path = inFolder(name)) => ({
  name,
  mimeType: 'image/png',
  buffer: readFileSync(path),
});

const canvasPixels = (page: Page, name: string): Promise<number[]> =>
  canvasLevels(page.getByRole('img', { name, exact: true }));

/** The largest difference between pixels. */
const distance = (first: ArrayLike<number>, second: ArrayLike<number>): number => {
  expect(first.length).toBe(second.length);
  return Array.from(first).reduce(
    (largest, level, index) => Math.max(largest, Math.abs(level - second[index]!)),
    0,
  );
};

describe.skipIf(chromiumPath === undefined)(
  'Inside and Odd (scripts/install-system-packages)',
  { tags: 'system' },
  () => {
    let studio: Awaited<ReturnType<typeof startStudio>>;
    let page: Page;
    let closePage: () => Promise<void>;
    const open = (hash: string, look = {}): Promise<void> => visit(page, studio.url + hash, look);
    beforeAll(async () => {
      writeTinyDataset(inFolder('data'));
      const training = [...tinyTraining, '--steps=3', '--out=runs/tiny', '--threads=1'];
      await emerging.json('train', '--data=data', ...training);
      const dataset = labelledTinyDataset(8);
      const config = tinyConfig(
        { steps: 40, learningRate: 0.02, averageDecay: 0.5 },
        { classes: tinyClasses },
      );
      await train({ ...(await startRun(config, inFolder('runs/classes'), { dataset })), threads: 1 });
      cpSync(mnist, inFolder('runs/unscored'), { recursive: true });
      rmSync(inFolder('runs/unscored/scores.json'));
      cpSync(inFolder('runs/tiny'), inFolder('runs/damaged'), { recursive: true });
      writeFileSync(inFolder('runs/damaged/scores.json'), '{');
      studio = await startStudio(emerging);
      ({ page, close: closePage } = await openChromium('about:blank'));
    });
    afterAll(async () => {
      await closePage();
      await studio.close();
    });

    describe('Inside', () => {
      const decoded = () => canvasPixels(page, 'Decoded image');
      const trip = () => page.getByTestId('round-trip').textContent();

      it('decodes edited, scaled and erased latents as the library does, with undo', async () => {
        await open('#/inside?seed=3&precision=float64');
        await page.getByTestId('round-trip').waitFor();
        const original = Uint8Array.from(await canvasPixels(page, 'Original image'));
        await using model = await loadModel(mnist);
        const latents = await model.encode(original, { precision: 'float64' });
        const expectDecoded = async (): Promise<void> => {
          const expected = await model.decode(latents);
          await expect.poll(async () => distance(await decoded(), expected)).toBeLessThanOrEqual(1);
        };
        await expectDecoded();

        const map = page.getByRole('application', { name: /Latents of level 1/ });
        await map.focus();
        await page.keyboard.press('ArrowDown');
        await page.keyboard.press('ArrowRight');
        await page.getByRole('slider', { name: 'Latent at row 9, column 9, channel 1' }).fill('3.5');
        latents[0]!.data[(8 * 14 + 8) * 2] = 3.5;
        await expectDecoded();
        expect(distance(await decoded(), original)).toBeGreaterThan(20);

        await page.getByRole('slider', { name: 'Temperature of level 2' }).fill('0.5');
        latents[1] = { ...latents[1]!, data: latents[1]!.data.map((value) => value / 2) };
        await expectDecoded();

        await page.getByRole('button', { name: 'Erase level 1' }).click();
        const topLatents = latents[0]!;
        latents[0] = { ...topLatents, data: topLatents.data.map(() => 0) };
        await expectDecoded();

        await page.getByRole('button', { name: 'Undo' }).click();
        latents[0] = topLatents;
        await expectDecoded();
        await page.getByRole('button', { name: 'Redraw level 1' }).click();
        const before = await model.decode(latents);
        await expect.poll(async () => distance(await decoded(), before)).toBeGreaterThan(20);
        // The decoded image is measured, and other pages don't lose the edits.
        const decodedBits = page.getByTestId('bits-decoded');
        await using single = await loadModel(mnist);
        const measuredBits = async (): Promise<string> => {
          const pixels = Uint8Array.from(await decoded());
          const [bits] = await single.bitsPerDim(pixels, { draws: 4, seed: 0, noiseByContent: true });
          return `${bits!.toFixed(3)} bits/dim`;
        };
        await expect
          .poll(async () => (await decodedBits.textContent()) === (await measuredBits()))
          .toBe(true);
        const edited = await decoded();
        const pages = page.getByRole('navigation', { name: 'Pages' });
        await pages.getByText('Compress', { exact: true }).click();
        await page.getByRole('heading', { name: 'Compress', level: 1 }).waitFor();
        await pages.getByText('Inside', { exact: true }).click();
        await page.getByText('Decoded from the edited latents').waitFor();
        await expect.poll(async () => distance(await decoded(), edited)).toBe(0);
        await page.getByRole('button', { name: 'Reset' }).click();
        await expect.poll(async () => distance(await decoded(), original)).toBe(0);
      });

      it('encodes an image with its most probable class or another, and shows the class of an interpolation', async () => {
        await using model = await loadModel(inFolder('runs/classes'));
        await open('#/inside?model=runs/classes&seed=1&precision=float64');
        const coded = () => page.getByTestId('coded-class').textContent();
        await page.getByTestId('round-trip').waitFor();
        const image = Uint8Array.from(await canvasPixels(page, 'Original image'));
        const [classified] = await model.classify(image, { noiseByContent: true });
        expect(await coded()).toBe(`Encoded and decoded as class ${classified!.class}, the most probable.`);
        const otherClass = tinyClasses.find((name) => name !== classified!.class)!;
        await page.getByLabel('Class').selectOption(otherClass);
        await expect.poll(coded).toBe(`Encoded and decoded as class ${otherClass}.`);
        await expect.poll(() => page.url()).toContain(`class=${otherClass}`);

        // At 0, the top level is its prior's mean, which depends on the class.
        const latents = await model.encode(image, { class: otherClass, precision: 'float64' });
        await page.getByRole('slider', { name: 'Temperature of level 2' }).fill('0');
        latents[1]!.data.fill(0);
        const [expected, wrong] = [
          await model.decodeValues(latents, { class: otherClass }),
          await model.decodeValues(latents, { class: classified!.class }),
        ];
        expect(Math.max(...expected.map((value, index) => Math.abs(value - wrong[index]!)))).toBeGreaterThan(
          0.01,
        );
        await expect
          .poll(async () => distance(await decoded(), model.toPixels(expected)))
          .toBeLessThanOrEqual(1);

        await open('#/draw?model=runs/classes&count=4');
        await page.getByRole('button', { name: 'Random' }).click();
        expect(await page.getByTestId('interpolation-class').textContent()).toMatch(
          /^Class (left|right), the most probable for A\.$/,
        );
      });

      it('selects a latent with the pointer', async () => {
        await open('#/inside');
        const map = page.getByRole('application', { name: /Latents of level 2/ });
        const { width, height } = (await map.boundingBox())!;
        // Two rows of four 7 x 7 tiles with gaps: the corner of the last tile.
        await map.click({ position: { x: width * (30.5 / 31), y: height * (14.5 / 15) } });
        await page.getByRole('slider', { name: 'Latent at row 7, column 7, channel 8' }).waitFor();
        // A finger that moves up or down scrolls the page.
        expect(await map.evaluate((element) => getComputedStyle(element).touchAction)).toBe('pan-y');
      });

      it('reports whether an image is recovered', async () => {
        const random = new RandomStream(0, 'noise');
        const noise = Uint8Array.from({ length: 784 }, () => random.integer(256));
        writePng(inFolder('noise.png'), noise, [28, 28, 1]);
        await using model = await loadModel(mnist);
        const { inexact } = await model.verify(noise, await model.encode(noise));
        expect(inexact).toEqual([0]);
        await open('#/inside?seed=1');
        await page.getByTestId('round-trip').waitFor();
        expect(await trip()).toBe('All 784 values recovered exactly in float32.');
        await page.getByLabel('Image', { exact: true }).selectOption('File');
        await page.getByLabel('Choose a file').setInputFiles(upload('noise.png'));
        await page.getByText('Not recovered in float32').waitFor();
        expect(await trip()).toMatch(
          /With the corrections that the library’s verify computes, every value is recovered\.$/,
        );
        expect(await canvasPixels(page, 'Original image')).toEqual([...noise]);
        await page.getByLabel('Precision').selectOption('float64');
        await page.getByText('All 784 values recovered exactly in float64.').waitFor();
        await page.getByText('Bits of each pixel. No differences.').waitFor();
        await page.getByRole('application', { name: 'Bits of each pixel' }).waitFor();
        await page.getByLabel('Precision').selectOption('float32');
        await page.getByText(/not recovered in float32/i).waitFor();
        await page.getByLabel('Image', { exact: true }).selectOption('Sample');
      });

      it.each([
        [390, 844],
        [1280, 800],
      ])(
        'shows at once that the image is recovered, and it while latents are edited, %d x %d',
        async (width, height) => {
          await open('#/inside?image=digit&digit=8', { viewport: { width, height } });
          const bottom = async (element: Locator): Promise<number> => {
            const box = (await element.boundingBox())!;
            return box.y + box.height;
          };
          expect(await bottom(page.getByTestId('round-trip'))).toBeLessThan(height);
          const image = page.getByRole('img', { name: 'Decoded image' });
          expect(await bottom(image)).toBeLessThan(height);
          await page.getByRole('button', { name: 'Erase level 2' }).click();
          expect(await page.getByTestId('round-trip').textContent()).toBe(
            'Without your edits: all 784 values recovered exactly in float32.',
          );
          // The last control of the section at the bottom of the window.
          await page
            .getByRole('button', { name: 'Redraw level 2' })
            .evaluate((button) => button.scrollIntoView({ block: 'end' }));
          expect((await image.boundingBox())!.y).toBeGreaterThanOrEqual(0);
          await page.getByRole('img', { name: /^Differences \(white: \d+\)$/ }).waitFor();
          await page.getByRole('button', { name: 'Undo' }).click();
        },
      );

      it('shows every stage: its picture, its bits, and its arithmetic at a value', async () => {
        await open('#/inside?seed=2');
        const tiles = page.locator('.stages-tiles button');
        await tiles.first().waitFor();
        await using model = await loadModel(mnist);
        const image = Uint8Array.from(await canvasPixels(page, 'Original image'));
        const stages = await model.stageImages(image);
        expect(await tiles.count()).toBe(1 + stages.length);
        const stageIndex = stages.findIndex(({ path }) => path === 'levels/0/steps/1');
        const tile = page.getByRole('button', { name: 'Flow step 2 of level 1' });
        const drawn = await canvasLevels(tile.locator('canvas'));
        const { pixels, range } = drawActivations(stages[stageIndex]!.output!, model);
        expect(distance(drawn, pixels)).toBeLessThanOrEqual(1);
        expect(await tile.textContent()).toContain(
          `${decimal(range[0], 1)} (black) to ${decimal(range[1], 1)} (white)`,
        );
        await tile.press('Enter');
        await page.getByRole('heading', { name: 'Flow step 2 of level 1' }).waitFor();

        // The last line ends with the value that the stage passes on.
        const map = page.getByRole('application', { name: /^Values after Flow step 2 of level 1/ });
        const expectResult = async (location: readonly [number, number, number]): Promise<void> => {
          const [, height, width, channels] = stages[stageIndex]!.output!.shape as [
            number,
            number,
            number,
            number,
          ];
          expect(height).toBe(14);
          const value =
            stages[stageIndex]!.output!.data[(location[0] * width + location[1]) * channels + location[2]]!;
          await expect
            .poll(async () => (await page.getByTestId('arithmetic').textContent()) ?? '')
            .toContain(decimal(value, 3));
        };
        await page.getByTestId('arithmetic').waitFor();
        await expectResult([7, 7, 3]);
        await map.press('ArrowUp');
        await page.getByRole('heading', { name: 'At row 7, column 8, channel 4' }).waitFor();
        await expectResult([6, 7, 3]);

        // The sum of all bits equals every other page's.
        const running = page.getByTestId('running-bits');
        const slider = page.getByRole('slider', { name: 'Stage' });
        await slider.press('Home');
        await expect
          .poll(() => running.textContent())
          .toContain('6,272.0 bits, 8.000 for each of the 784 values');
        await slider.press('End');
        const [bits] = await model.bitsPerDim(image, { draws: 4, seed: 0, noiseByContent: true });
        await expect.poll(() => running.textContent()).toContain(`${decimal(bits!, 3)} bits/dim.`);
        expect(await page.getByTestId('bits-image').textContent()).toBe(`${decimal(bits!, 3)} bits/dim`);
        await page
          .getByTestId('arithmetic')
          .getByText(/Its density adds .* bits/)
          .waitFor();
        // Sums below 0 have the minus sign of all numbers.
        const legend = page.locator('.stages-bits output');
        expect(await page.locator('.stages-bits').textContent()).not.toMatch(/-\d/);
        expect(await legend.textContent()).toBe(decimal(bits!, 3));
        await page.getByRole('button', { name: 'To the image' }).press('Enter');
        await page.getByRole('heading', { name: 'Flow step 6 of level 2' }).waitFor();
        await page.getByRole('button', { name: 'Pause' }).press('Enter');
      });

      it('lights up the latents of a pixel and the pixels of a latent', async () => {
        await open('#/inside?image=digit&digit=8', { viewport: { width: 1280, height: 1100 } });
        const pixels = page.getByRole('application', { name: 'Pixels of the original image' });
        const sentence = page.locator('.inside-reach');
        await page.getByRole('application', { name: 'Bits of each pixel' }).waitFor();
        const point = async (target: Locator, x: number, y: number): Promise<void> => {
          const { width, height } = (await target.boundingBox())!;
          await target.hover({ position: { x: x * width, y: y * height } });
        };
        await point(pixels, 14.5 / 28, 12.5 / 28);
        await expect
          .poll(() => sentence.textContent())
          .toMatch(
            /^The pixel in row 13, column 15 takes −?[\d.]+ of [\d,.]+ bits\. .* latents: \d+ of level 1, \d+ of level 2\.$/,
          );
        // The picture, the levels, the stage and all tiles.
        await expect.poll(() => page.locator('.lit').count()).toBe(3 + 2 + 1 + 21);
        // The level of a latent that is moved has light only on it, up to rounding.
        const level = page.getByRole('application', { name: /Latents of level 2/ });
        await point(level, 12.5 / 31, 3.5 / 15);
        await expect
          .poll(() => sentence.textContent())
          .toMatch(
            /^The latent of level 2 at row 4, column 5, channel 2: one standard deviation more changes \d+ pixels /,
          );
        const lit = await level.locator('.lit').evaluate((canvas: HTMLCanvasElement) => {
          const { width, height } = canvas;
          const { data } = canvas.getContext('2d')!.getImageData(0, 0, width, height);
          return Array.from({ length: width * height }, (_, cell) => cell).filter(
            (cell) => data[4 * cell + 2]! > 100,
          );
        });
        expect(lit).toEqual([3 * 31 + 12]);
        await page.mouse.move(5, 5);
        await page.getByText('Point at a pixel or a latent').waitFor();
        expect(await page.locator('.lit').count()).toBe(0);
      });

      it('sends edits through the stages, at one height', async () => {
        await open('#/inside?image=digit&digit=8');
        const top = page.getByRole('button', { name: 'Top of level 2' });
        await top.click();
        const values = page.getByRole('application', { name: /^Values after Top/ });
        await values.waitFor();
        const frame = page.locator('.stages-frame');
        const { height } = (await frame.boundingBox())!;
        await page.getByRole('button', { name: 'Erase level 2' }).click();
        await page.getByText('With your edits: these are the stages of the decoded image.').waitFor();
        // Erased latents are 0: the picture of the last stage has no contrast.
        await expect
          .poll(() => top.textContent())
          .toMatch(/[01]\.0 \(white\)|0\.0 almost everywhere|0\.00\d/);
        for (const name of ['Image', 'Squeeze of level 1', 'Split of level 1']) {
          await page
            .getByRole('button', { name, exact: true })
            .or(page.getByRole('button', { name }))
            .first()
            .click();
          expect((await frame.boundingBox())!.height).toBeCloseTo(height, 0);
        }
        await page.getByRole('button', { name: 'Reset' }).click();
      });

      it('takes a drawing, centred like a digit', async () => {
        await open('#/inside');
        await page.getByLabel('Image', { exact: true }).selectOption('Drawing');
        const pad = page.getByRole('img', { name: /Draw a digit here/ });
        const { x, y, width } = (await pad.boundingBox())!;
        // A stroke near the left edge.
        await page.mouse.move(x + 0.15 * width, y + 0.2 * width);
        await page.mouse.down();
        await page.mouse.move(x + 0.2 * width, y + 0.8 * width, { steps: 5 });
        await page.mouse.up();
        await page.getByText('Image: drawing').waitFor();
        const pixels = await canvasPixels(page, 'Original image');
        // It is measured while it is drawn, as every image is in the end.
        const bits = page.getByTestId('bits-image');
        await expect.poll(() => bits.textContent()).toMatch(/^[\d.]+ bits\/dim$/);
        await expect
          .poll(() => page.getByTestId('drawing-bits').textContent())
          .toBe(await bits.textContent());
        const mass = pixels.reduce((sum, level) => sum + level, 0);
        const centre = pixels.reduce((sum, level, index) => sum + level * ((index % 28) + 0.5), 0) / mass;
        expect(Math.abs(centre - 14)).toBeLessThan(0.1);
        const rows = pixels.flatMap((level, index) => (level > 0 ? [Math.floor(index / 28)] : []));
        expect(rows.at(-1)! - rows[0]! + 1).toBeGreaterThanOrEqual(20);
        expect(rows.at(-1)! - rows[0]! + 1).toBeLessThanOrEqual(22);

        // Other pages don't lose it.
        const pages = page.getByRole('navigation', { name: 'Pages' });
        await pages.getByText('Compress', { exact: true }).click();
        await page.getByRole('heading', { name: 'Compress', level: 1 }).waitFor();
        await pages.getByText('Inside', { exact: true }).click();
        await page.getByText('Image: drawing').waitFor();
        expect(await canvasPixels(page, 'Original image')).toEqual(pixels);
        // A link to another image shows that one, and the drawing is there when it is chosen again.
        await page.goto(`${studio.url}#/inside?image=sample&seed=3&place=2`);
        await page.getByText('Image: sample 2 of seed 3').waitFor();
        await page.getByLabel('Image', { exact: true }).selectOption('Drawing');
        await page.getByText('Image: drawing').waitFor();
      });
    });

    describe('the included MNIST digits', () => {
      const packed = join(root, 'dist/page', DIGITS_FILE);
      /** Digits as the library reads them. */
      const digits = async (split: 'train' | 'test', indices: readonly number[]): Promise<Uint8Array> => {
        const images = (await openDataset(packed, { validation: 0 }))[split];
        const pixels = new Uint8Array(indices.length * 784);
        images.read(indices, pixels);
        return pixels;
      };

      it('are chosen by the number in the address', async () => {
        await open('#/inside?image=digit&digit=8');
        await page.getByText('Image: digit 8').waitFor();
        expect(await canvasPixels(page, 'Original image')).toEqual([...(await digits('train', [7]))]);
        await page.getByRole('button', { name: 'Next digit' }).click();
        await page.getByText('Image: digit 9').waitFor();
        await page.waitForFunction(() => location.hash.includes('digit=9'));
        await page.reload();
        await page.getByText('Image: digit 9').waitFor();
        expect(await canvasPixels(page, 'Original image')).toEqual([...(await digits('train', [8]))]);
        await page.getByRole('spinbutton', { name: 'Number' }).fill('5000');
        await page.getByText('Image: digit 5000').waitFor();
        await page.getByRole('button', { name: 'Next digit' }).click();
        // The caption continues with the bits, without a space.
        await page.locator('bdi').getByText('digit 1', { exact: true }).waitFor();
        await page.getByLabel('Image', { exact: true }).selectOption('Sample');
        await page.getByText('Image: sample 1 of seed 0').waitFor();
      });

      it('fail with a sentence when the studio has ended', async () => {
        const separate = await openChromium(`${studio.url}#/inside`);
        await separate.page.getByText('Image: sample 1 of seed 0').waitFor();
        await separate.page.context().setOffline(true);
        await separate.page.getByLabel('Image', { exact: true }).selectOption('MNIST digit');
        expect(await separate.page.getByRole('alert').textContent()).toBe(
          'Part of the studio failed to load. If it is still running, reload the page.',
        );
        await separate.close();
      });

      it('are scored as the library does, as an alternative to samples', async () => {
        await open('#/odd?images=samples');
        await page.getByText('14 images', { exact: true }).waitFor();
        await page.getByLabel('Images', { exact: true }).selectOption('Digits, some altered');
        await page.getByText('56 images', { exact: true }).waitFor();
        await page.waitForFunction(() => location.hash.includes('images=digits'));
        await page.getByRole('button', { name: /^digit 48 / }).click();
        await page.getByRole('heading', { name: 'digit 48' }).waitFor();
        await using model = await loadModel(mnist);
        const pixels = await digits('test', [47]);
        expect(await canvasPixels(page, 'Image')).toEqual([...pixels]);
        const [expected] = await model.bitsPerDim(pixels, { draws: 4, seed: 0, noiseByContent: true });
        const bits = Number(await page.getByTestId('bits').textContent());
        expect(Math.abs(bits - expected!)).toBeLessThan(1e-4);
        const report = await score(model, pixels);
        expect(report.score).toBe('typicality');
        for (const name of report.scores) {
          const row = page.getByRole('table', { name: 'All scores' }).getByRole('row', { name });
          const { values, pValues } = report.by(name);
          expect(await row.locator('td').allTextContents()).toEqual([
            scoreText(values[0]!),
            pText(pValues![0]!),
          ]);
        }
        await page.getByLabel('Images', { exact: true }).selectOption('Samples, some altered');
        await page.getByText('14 images', { exact: true }).waitFor();
      });

      it('aren’t offered for models of other images, whatever the address says', async () => {
        await open('#/inside?model=runs/tiny&image=digit');
        await page.getByText('Image: sample 1 of seed 0').waitFor();
        const options = (label: string) => page.getByLabel(label, { exact: true }).locator('option');
        expect(await options('Image').allTextContents()).toEqual(['Sample', 'File', 'Drawing']);
        await page.goto(`${studio.url}#/odd?model=runs/tiny&images=digits`);
        await page.getByRole('button', { name: /^all black / }).waitFor();
        expect(await options('Images').allTextContents()).toEqual(['Samples, some altered']);
      });
    });

    describe('Odd', () => {
      const hostile = '<img src=x onerror=alert(1)>.png';
      const image = (name: string) => page.getByRole('button', { name: new RegExp(`^${name} `) });

      it('measures and ranks dropped files as emerging score does, and skips others with a reason', async () => {
        const [plain, inverted] = [tinyImages(1, 8, 50), tinyImages(1, 8, 51).map((level) => 255 - level)];
        writePng(inFolder('files/one.png'), plain, [8, 8, 1]);
        writePng(inFolder('files/other.png'), inverted, [8, 8, 1]);
        writePng(inFolder('large.png'), tinyImages(1, 16, 3), [16, 16, 1]);
        const { images } = await emerging.json('score', 'runs/tiny', 'files', '--map=maps');
        await open('#/odd?model=runs/tiny');
        await page.getByText('16 validation images from data.', { exact: true }).waitFor();
        const transfer = await page.evaluateHandle(
          (files) => {
            const transfer = new DataTransfer();
            for (const { name, bytes } of files) {
              transfer.items.add(new File([new Uint8Array(bytes)], name));
            }
            return transfer;
          },
          [
            { name: hostile, bytes: [...readFileSync(inFolder('files/one.png'))] },
            { name: 'other.png', bytes: [...readFileSync(inFolder('files/other.png'))] },
            { name: 'large.png', bytes: [...readFileSync(inFolder('large.png'))] },
            { name: 'broken <b>.png', bytes: [137, 80, 78, 71, 1, 2, 3] },
          ],
        );
        await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
        await page.getByText('2 files skipped').waitFor();
        const reasons = await page.locator('.refused-files li').allTextContents();
        expect(reasons[0]).toMatch(/^broken <b>\.png/);
        expect(reasons[1]).toBe(
          'large.png is 16x16x1 grey, but the model takes 8x8x1 grey (height x width x channels): choose “Fit other sizes and colours”.',
        );
        expect(await page.locator('img[src="x"]').count()).toBe(0);
        await image('other\\.png').waitFor();
        for (const [name, file] of [
          ['other.png', 'files/other.png'],
          [hostile, 'files/one.png'],
        ] as const) {
          const expected = images.find((score: { file: string }) => score.file === file);
          await page.getByRole('button', { name }).click();
          await page.getByRole('heading', { name }).waitFor();
          const bits = Number(await page.getByTestId('bits').textContent());
          expect(Math.abs(bits - expected.bitsPerDim)).toBeLessThan(1e-4);
          expect(await page.locator('.odd-facts').textContent()).toContain(
            rankText(expected.pValue, 16, '16 validation images from data'),
          );
          // The oddest place is framed, and its deviation is shown.
          const [oddest] = expected.places;
          const frame = page.locator('.odd-frame').first();
          expect(await frame.evaluate(({ style }: HTMLElement) => style.left)).toBe(
            `${(100 * oddest.column) / 8}%`,
          );
          await expect
            .poll(() => page.locator('.odd-place').textContent())
            .toContain(`: ${oddest.deviations.toFixed(2).replace('-', '−')} standard deviations`);
        }
        expect(await page.getByTestId('verdict').textContent()).toMatch(
          /^Too few reference images \(16\) to call any image odd at 1 %: the first are the most unusual\. Fewer than 10 images: too few to test them as a set\.$/,
        );
        await page.getByLabel('Fit other sizes and colours').check();
        await image('large\\.png').waitFor();
        await page.getByText('1 file skipped').waitFor();
      });

      it('takes a dropped or chosen folder with everything in it', async () => {
        writePng(inFolder('album/one.png'), tinyImages(1, 8, 50), [8, 8, 1]);
        writePng(inFolder('album/deeper/two.png'), tinyImages(1, 8, 51), [8, 8, 1]);
        writePng(inFolder('other album/deeper/three.png'), tinyImages(1, 8, 52), [8, 8, 1]);
        await open('#/odd?model=runs/tiny');
        await image('all black').waitFor();
        // As dragged from a file manager: scripts can't drop folders.
        const devtools = await page.context().newCDPSession(page);
        const data = { items: [], files: [inFolder('album')], dragOperationsMask: 1 };
        for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
          await devtools.send('Input.dispatchDragEvent', { type, x: 300, y: 300, data });
        }
        await image('one\\.png').waitFor();
        await image('deeper/two\\.png').waitFor();
        expect(await page.locator('.odd-grid li').count()).toBe(2);
        await page.getByLabel('Choose a folder').setInputFiles(inFolder('other album'));
        await image('deeper/three\\.png').waitFor();
        expect(await page.locator('.odd-grid li').count()).toBe(1);
        await page.getByLabel('Images', { exact: true }).selectOption('Samples, some altered');
        await image('all black').waitFor();
      });

      it('reads images that repeat every pixel, and says so', async () => {
        const small = tinyImages(1, 8, 50);
        const large = Uint8Array.from(
          { length: 576 },
          (_, index) => small[Math.floor(index / 72) * 8 + Math.floor((index % 24) / 3)]!,
        );
        writePng(inFolder('enlarged.png'), large, [24, 24, 1]);
        await open('#/odd?model=runs/tiny');
        await page.getByLabel('Choose files').setInputFiles(upload('enlarged.png'));
        await page.getByText('enlarged.png repeats every pixel 3x3: read as 8x8.').waitFor();
        await image('enlarged\\.png').waitFor();
        expect(await canvasPixels(page, 'Image')).toEqual([...small]);
        await page.goto(`${studio.url}#/inside?model=runs/tiny`);
        await page.getByLabel('Choose a file').setInputFiles(upload('enlarged.png'));
        await page.getByText('enlarged.png repeats every pixel 3x3: read as 8x8.').waitFor();
        expect(await canvasPixels(page, 'Original image')).toEqual([...small]);
      });

      it('says what is missing without reference images, and measures digits or samples instead', async () => {
        await open('#/odd?model=runs/unscored&images=samples');
        const missing = page.getByTestId('missing');
        expect(await missing.textContent()).toMatch(
          /^This model has no statistics of validation images, so only bits\/dim are shown\. Measure /,
        );
        await image('sample 1, inverted').waitFor();
        expect(await page.locator('.odd-grid li').count()).toBe(14);
        expect(await page.locator('.odd-bar[height="1"]').count()).toBe(0);
        const scores = page.getByLabel('Score', { exact: true }).locator('option');
        expect((await scores.allTextContents())[2]).toBe(
          'typicality (needs statistics of validation images)',
        );
        await page.getByRole('button', { name: '256 samples' }).click();
        await page.getByText('256 of its own samples.').waitFor();
        await page.getByRole('img', { name: 'typicality of 14 images, and 256 reference images' }).waitFor();
        expect(await missing.count()).toBe(0);
        await page.getByRole('button', { name: 'Validation digits' }).click();
        await page.getByText('100 validation digits.').waitFor();
        await page.getByRole('img', { name: 'typicality of 14 images, and 100 reference images' }).waitFor();
        await page.getByLabel('Score', { exact: true }).selectOption('complexity');
        await page.getByRole('img', { name: 'complexity of 14 images, and 100 reference images' }).waitFor();
        await page.waitForFunction(() => location.hash.includes('score=complexity'));
        expect(await page.getByTestId('verdict').textContent()).toContain('As a set, they differ');
      });

      it('explains typicality with two densities and one slider', async () => {
        await open('#/odd');
        const why = page.getByRole('region', { name: 'Why a likely image can be odd' });
        const text = await why.getByTestId('likeliest').textContent();
        const [, blank, usual, exponent] =
          /gives all black (\d+) bits and digit \d+ ([\d,]+), so its density is 2([\d,]+) times/.exec(text!)!;
        const number = (digits: string): number => Number(digits.replace(',', ''));
        expect(number(usual!)).toBeGreaterThan(5 * number(blank!));
        expect(Math.abs(number(usual!) - number(blank!) - number(exponent!))).toBeLessThanOrEqual(1);
        await why.getByText('In 784 dimensions, ').waitFor();
        await why.getByRole('slider').press('Home');
        await why.getByText('In one dimension, both agree').waitFor();
      });

      it('explains typicality with one image, whose name may be long', async () => {
        const name = `${'a_long_name_'.repeat(12)}.png`;
        const buffer = readFileSync(inFolder('files/one.png'));
        await open('#/odd?model=runs/tiny', { viewport: { width: 390, height: 844 } });
        await image('all black').waitFor();
        await page.getByLabel('Choose files').setInputFiles([{ name, mimeType: 'image/png', buffer }]);
        await page.getByText('1 image', { exact: true }).waitFor();
        expect(await page.locator('.odd-shell-image').count()).toBe(1);
        await page
          .getByLabel('Choose files')
          .setInputFiles(
            [name, `${name}.png`].map((fileName) => ({ name: fileName, mimeType: 'image/png', buffer })),
          );
        await page.getByText('2 images', { exact: true }).waitFor();
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
      });

      it('clips outliers, and marks them', async () => {
        await open('#/odd');
        await image('all black').waitFor();
        const [, largest] = /\d+ above, up to ([\d,]+) ▸$/.exec(
          (await page.locator('.odd-beyond').textContent())!,
        )!;
        const ticks = await page.locator('.odd-results .odd-axis span').allTextContents();
        const lastTick = Math.max(...ticks.map(Number));
        expect(lastTick).toBeLessThanOrEqual(100);
        expect(Number(largest!.replaceAll(',', ''))).toBeGreaterThan(10 * lastTick);
      });

      it('shows the selected image of a phone until it is closed, with a dark map of a black image', async () => {
        await open('#/odd', { viewport: { width: 390, height: 800 } });
        await image('all black').waitFor();
        const panel = page.getByRole('region', { name: 'Selected image' });
        expect(await panel.isVisible()).toBe(false);
        await image('all black').click();
        await panel.getByRole('application', { name: 'Map of deviations from validation images' }).waitFor();
        const colours = await panel.locator('.heat-grid canvas').evaluate((canvas: HTMLCanvasElement) =>
          Array.from(
            canvas
              .getContext('2d')!
              .getImageData(0, 0, 28, 28)
              .data.filter((_, index) => index % 4 < 3),
          ),
        );
        expect(colours.reduce((sum, value) => sum + value) / colours.length).toBeLessThan(80);
        await panel.getByRole('button', { name: 'Close' }).click();
        expect(await panel.isVisible()).toBe(false);
      });

      it('shows bits/dim if a model’s scores are damaged, and reports a damaged model once', async () => {
        await open('#/odd?model=runs/damaged');
        await image('all black').waitFor();
        expect(await page.getByRole('alert').allTextContents()).toEqual([
          'This model’s scores.json is damaged: delete it, or export the model again.',
        ]);
        rmSync(inFolder('runs/damaged/scores.json'));
        writeFileSync(inFolder('runs/damaged/checkpoints/step-99999999.safetensors'), 'no weights');
        await page.reload();
        await page.getByRole('alert').waitFor();
        expect(await page.getByRole('alert').allTextContents()).toEqual([
          expect.stringMatching(/step-99999999/),
        ]);
      });

      it('shows the value of a map under the pointer, and works with the keyboard', async () => {
        await open('#/odd?images=samples&order=fewest');
        await page.getByLabel('Map', { exact: true }).selectOption('Bits');
        const map = page.getByRole('application', { name: 'Map of its bits' });
        const { width } = (await map.boundingBox())!;
        await map.hover({ position: { x: (width * 3.5) / 28, y: (width * 9.5) / 28 } });
        const caption = page.locator('.odd-place');
        expect(await caption.textContent()).toMatch(/^row 10, column 4: −?\d+\.\d\d bits\/dim$/);
        await map.focus();
        await page.keyboard.press('ArrowLeft');
        expect(await caption.textContent()).toMatch(/^row 10, column 3: /);
        await page.locator('.odd-grid button[tabindex="0"]').focus();
        expect(await page.locator('.odd-image h2').textContent()).toBe('all black');
        await page.keyboard.press('ArrowRight');
        await page.getByRole('heading', { name: 'all black' }).waitFor({ state: 'detached' });
      });
    });

    it.each([
      ['light', 1200],
      ['dark', 390],
    ] as const)('have no fault that axe finds, %s and %d pixels wide', async (colorScheme, width) => {
      await open('#/inside', { colorScheme, viewport: { width, height: 800 }, reducedMotion: 'reduce' });
      const expectNoFaults = async (): Promise<void> => {
        expect(await accessibilityFaults(page)).toEqual([]);
        // Nothing overflows the page.
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      };
      await page.locator('.stages-panel').waitFor();
      await expectNoFaults();
      await page.getByLabel('Image', { exact: true }).selectOption('Drawing');
      await page.getByRole('img', { name: /Draw a digit here/ }).waitFor();
      await expectNoFaults();
      await page.getByLabel('Image', { exact: true }).selectOption('Sample');
      await page.goto(`${studio.url}#/odd`);
      await page.getByRole('button', { name: /^all black / }).click();
      await page.getByRole('table', { name: 'All scores' }).waitFor();
      await page.locator('.odd-place').waitFor();
      await expectNoFaults();
    });
  },
);
