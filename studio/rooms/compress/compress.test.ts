// The room Compress in Chromium: the files of the command line, back again, damage, and bad input.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inMemory } from '../../../src/data/files/fileStore.ts';
import { commandLine } from '../../../src/testing/command.ts';
import { hostileCompressedFiles } from '../../../src/testing/hostile/compressedFiles.ts';
import { chromiumPath, openChromium } from '../../../src/testing/pages.ts';
import { writePng } from '../../../src/testing/pngFiles.ts';
import { accessibilityFaults, buildStudio, startStudio, visit } from '../../../src/testing/studio.ts';
import { tinyImages, tinyTraining, writeTinyDataset } from '../../../src/testing/tinyImages.ts';
import { readHeader } from '../../../src/uses/codec/file/header.ts';

const emerging = commandLine(buildStudio());
const inFolder = (...path: string[]): string => join(emerging.folder, ...path);
const COUNT = 30;

describe.skipIf(chromiumPath === undefined)(
  'the room Compress (scripts/install-system-packages)',
  { tags: 'system' },
  () => {
    let studio: Awaited<ReturnType<typeof startStudio>>;
    let page: Page;
    let closePage: () => Promise<void>;
    const open = (hash: string, look = {}): Promise<void> => visit(page, studio.url + hash, look);
    beforeAll(async () => {
      writeTinyDataset(inFolder('data'));
      const training = [...tinyTraining, '--steps=3', '--threads=1', '--no-test'];
      await emerging.json('train', '--data=data', ...training, '--out=runs/tiny');
      await emerging.json(
        'train',
        '--data=data',
        ...training,
        '--set=model.mixing=periodic',
        '--out=runs/periodic',
      );
      mkdirSync(inFolder('album'));
      const pixels = tinyImages(COUNT, 8, 7);
      for (let index = 0; index < COUNT; index++) {
        const name = `${String(index).padStart(2, '0')}.png`;
        writePng(inFolder('album', name), pixels.slice(64 * index, 64 * (index + 1)), [8, 8, 1]);
      }
      writeFileSync(inFolder('album', 'broken.png'), 'no picture');
      studio = await startStudio(emerging);
      ({ page, close: closePage } = await openChromium('about:blank'));
    });
    afterAll(async () => {
      await closePage();
      await studio.close();
    });

    const alert = () => page.getByRole('alert').textContent();
    const heading = () => page.getByTestId('compressed').textContent();
    const choose = (path: string) => page.getByLabel('Choose a folder').setInputFiles(inFolder(path));
    const drop = (name: string, bytes: Uint8Array) =>
      page.getByLabel('Choose files').setInputFiles({ name, mimeType: '', buffer: Buffer.from(bytes) });
    const saved = async (button: string): Promise<Buffer> => {
      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: button }).click();
      return readFileSync(await (await download).path());
    };

    it('writes the file of the command line, which returns all images', async () => {
      await open('#/compress?model=runs/tiny&block=12');
      await choose('album');
      expect(await heading()).toMatch(/^30 images in [\d.]+ KiB, with the model [\d.]+ KiB$/);
      expect(await page.locator('.size-name').allTextContents()).toEqual([
        'Pixels, 8 bits per value',
        'Your files',
        'PNG, about',
        'Compressed',
      ]);
      await page.getByText('1 file skipped').waitFor();
      const file = await saved('Download images.eflow');
      const command = ['compress', 'album', '--model=runs/tiny', '--block=12', '--out=album.eflow'];
      const { code } = await emerging.run(...command);
      // One file can't be read.
      expect(code).toBe(1);
      expect(file.equals(readFileSync(inFolder('album.eflow')))).toBe(true);

      await page.getByRole('button', { name: 'Decode and check' }).click();
      expect(await page.getByTestId('checked').textContent()).toBe(
        'All 30 images returned, and every pixel equals the original.',
      );
      expect(await page.getByRole('list', { name: 'Decoded images' }).getByRole('img').count()).toBe(30);
      const images = unzipSync(await saved('Download images as PNG (zip)'));
      expect(Object.keys(images)).toHaveLength(30);
      expect(Buffer.from(images['07.png']!).subarray(1, 4).toString()).toBe('PNG');
    });

    it('decodes dropped files, reports damage, and needs a model that the file lacks', async () => {
      await emerging.run('compress', 'album', '--model=runs/tiny', '--block=12', '--out=whole.eflow');
      await emerging.run('compress', 'album', '--model=runs/tiny', '--no-embed', '--out=bare.eflow');
      const completeFile = readFileSync(inFolder('whole.eflow'));
      await open('#/compress');
      await drop('whole.eflow', completeFile);
      expect(await page.getByTestId('checked').textContent()).toBe(
        '30 images; the checksums of all pixels are right.',
      );
      const damaged = Uint8Array.from(completeFile);
      damaged[damaged.length - 100]! ^= 1;
      await drop('damaged.eflow', damaged);
      await expect
        .poll(alert)
        .toBe(
          'The file is damaged; 24 images returned intact. Block 2 is damaged: 6 images are lost: 24.png, 25.png, 26.png and 3 more. 6 of 30 images are missing.',
        );
      const bare = readFileSync(inFolder('bare.eflow'));
      await drop('bare.eflow', bare);
      await expect
        .poll(alert)
        .toMatch(/^The file was compressed with another model, .*; name the one it was compressed with\.$/);
      await page.getByLabel('Model', { exact: true }).selectOption('runs/tiny');
      await page.getByTestId('checked').waitFor();
      await drop('not.eflow', new Uint8Array(50));
      await expect.poll(alert).toMatch(/^The file is not a file of compressed images; /);
    });

    it('says in a sentence that hostile files are damaged, and stays usable', async () => {
      await emerging.run('compress', 'album', '--model=runs/tiny', '--block=12', '--out=start.eflow');
      const sound = new Uint8Array(readFileSync(inFolder('start.eflow')));
      const { end } = await readHeader(inMemory(sound, 'start'), 'start');
      const hostileFiles = hostileCompressedFiles(sound.subarray(0, end));
      await open('#/compress');
      for (const name of ['names without end', 'nested names', 'a million runs', 'marks without records']) {
        await drop('hostile.eflow', hostileFiles.get(name)!());
        await expect.poll(alert, { message: name }).toMatch(/^The file is damaged[^\n]{1,400}$/);
        await drop('sound.eflow', sound);
        expect(await page.getByTestId('checked').textContent()).toBe(
          '30 images; the checksums of all pixels are right.',
        );
      }
    });

    it('shares its model and options, defaults included', async () => {
      await open('#/compress');
      await page.getByRole('button', { name: 'Try 500 digits' }).waitFor();
      await page.getByRole('button', { name: 'Share' }).click();
      const link = await page.getByRole('textbox', { name: 'Link to exactly this' }).inputValue();
      expect(Object.fromEntries(new URLSearchParams(link.split('?')[1]))).toEqual({
        model: 'models/mnist-small',
        block: '2000',
        embed: 'yes',
        tiles: 'no',
      });
    });

    it('takes only files that are dropped, the last if others are listed later', async () => {
      await open('#/compress?model=runs/tiny');
      const note = page.locator('.file-drop .control-note');
      await note.waitFor();
      // Text that is dragged into a field isn't files.
      const isLeft = await page.evaluate(() => {
        const dataTransfer = new DataTransfer();
        dataTransfer.setData('text/plain', '12');
        return document.body.dispatchEvent(
          new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }),
        );
      });
      expect(isLeft).toBe(true);
      await page.evaluate(() => {
        const listedLater = {
          isFile: true,
          name: 'late.png',
          file: (give: (file: File) => void) => setTimeout(give, 1000, new File(['late'], 'late.png')),
        };
        const dataTransfer = { types: ['Files'], items: [{ webkitGetAsEntry: () => listedLater }] };
        document.body.dispatchEvent(Object.assign(new Event('drop', { bubbles: true }), { dataTransfer }));
        setTimeout(() => document.body.setAttribute('data-listed', ''), 1100);
      });
      await choose('album');
      await page.locator('body[data-listed]').waitFor();
      expect(await heading()).toMatch(/^30 images in /);
      expect(await note.textContent()).toBe('31 files in album');
    });

    it('recognises a compressed file by its content, and takes one at a time, without images', async () => {
      await emerging.run('compress', 'album', '--model=runs/tiny', '--out=one.eflow');
      const buffer = readFileSync(inFolder('one.eflow'));
      const picture = readFileSync(inFolder('album/00.png'));
      const files = (...uploads: [name: string, buffer: Buffer][]) =>
        page
          .getByLabel('Choose files')
          .setInputFiles(uploads.map(([name, content]) => ({ name, mimeType: '', buffer: content })));
      await open('#/compress?model=runs/tiny');
      await files(['download.png', buffer]);
      expect(await page.getByTestId('checked').textContent()).toBe(
        '30 images; the checksums of all pixels are right.',
      );
      await files(['one.eflow', buffer], ['two', buffer]);
      await expect.poll(alert).toBe('These are 2 compressed files: choose one at a time.');
      await files(['one', buffer], ['00.png', picture]);
      await expect
        .poll(alert)
        .toBe('one is a compressed file: choose it alone to decode it, or only images to compress them.');
      await files(['00.png', picture]);
      expect(await heading()).toMatch(/^1 image in /);
      // Among the images of a folder, it is ignored as by the command line.
      mkdirSync(inFolder('both'));
      writeFileSync(inFolder('both/00.png'), picture);
      writeFileSync(inFolder('both/one.eflow'), buffer);
      await choose('both');
      await expect.poll(() => page.locator('.file-drop .control-note').textContent()).toBe('2 files in both');
      expect(await heading()).toMatch(/^1 image in /);
    });

    it('counts images while it cuts them into tiles, and says which blocks are possible', async () => {
      mkdirSync(inFolder('large'));
      for (const name of ['a', 'b']) {
        writePng(inFolder(`large/${name}.png`), tinyImages(1, 400, 3), [400, 400, 1]);
      }
      await open('#/compress?model=runs/tiny&tiles=yes');
      await page.getByRole('button', { name: 'Try 64 samples' }).waitFor();
      await choose('large');
      const live = page.locator('.compress-live');
      await live.waitFor();
      expect(await live.textContent()).toMatch(/ [01] of 2 images, [\d,]+ bits each$/);
      expect(await heading()).toMatch(/^2 images in /);
      expect(await page.locator('.compress-facts').textContent()).toMatch(/ [\d,]+ tiles stored plainly/);
      await page.getByText('Options').click();
      const block = page.getByLabel('Tiles per block');
      await block.fill('0');
      await page.getByText('A whole number from 1 to 100,000.').waitFor();
      await block.fill('12');
      await page.getByText('A whole number from').waitFor({ state: 'detached' });
      await expect.poll(() => new URL(page.url()).hash).toContain('block=12');
    });

    it('compresses digits with one click, and stops when told to', async () => {
      await open('#/compress');
      await page.getByRole('button', { name: 'Try 500 digits' }).click();
      await page.locator('.compress-live').waitFor();
      expect(await page.locator('.compress-live').textContent()).toMatch(
        / \d+ of 500 images, [\d,]+ bits each$/,
      );
      await page.getByRole('button', { name: 'Stop' }).click();
      await page.getByText('Stopped.').waitFor();
      expect(await page.getByTestId('compressed').count()).toBe(0);
      await page.getByRole('button', { name: 'Try 500 digits' }).click();
      expect(await heading()).toMatch(/^500 images in 6\d\.\d KiB, with the model 1\d\d\.\d KiB$/);
      // More than the model's 1.23 bits/dim: so few images are worth few bits for each weight.
      expect(await page.locator('.size-own .size-bits').textContent()).toMatch(/, 1\.[34]\d\d per value$/);
      // The first of them become bits: all of them at first, then as many as their code has.
      const [stage, bits] = [
        page.getByRole('slider', { name: 'Stage of the model' }),
        page.getByTestId('bits'),
      ];
      await stage.press('Home');
      await expect.poll(() => bits.textContent()).toMatch(/^50,176 bits for these 8 images, 100 % /);
      await stage.press('End');
      await expect
        .poll(() => bits.textContent())
        .toMatch(/^\d,\d{3} bits .* 1\d % of their pixels: the length/);
      await page.getByText('Options').click();
      await page.getByLabel('Include the model').uncheck();
      await expect.poll(heading).toMatch(/^500 images in 5\d\.\d KiB$/);
      await expect.poll(() => new URL(page.url()).hash).toContain('embed=no');
    });

    it('tries images of the chosen model, also after another is chosen', async () => {
      await open('#/compress');
      await page.getByRole('button', { name: 'Try 500 digits' }).click();
      await page.locator('.compress-live').waitFor();
      await page.getByLabel('Model', { exact: true }).selectOption('runs/tiny');
      await expect.poll(heading).toMatch(/^64 images in /);
      expect(await page.getByRole('alert').count()).toBe(0);
      await page.getByRole('button', { name: 'Try 64 samples' }).waitFor();
    });

    it('refuses models that can’t compress, and images of another size, in a sentence', async () => {
      await open('#/compress?model=runs/periodic');
      await expect
        .poll(alert)
        .toBe(
          "The model can’t compress images: its layer 'periodic' has no exact form for whole numbers; use another model.",
        );
      expect(await page.getByRole('button', { name: 'Try it' }).isDisabled()).toBe(true);
      mkdirSync(inFolder('wide'));
      writePng(inFolder('wide/wide.png'), tinyImages(1, 12, 3), [12, 12, 1]);
      await page.goto(`${studio.url}#/compress?model=runs/tiny`);
      await page.getByRole('button', { name: 'Try 64 samples' }).waitFor();
      await choose('wide');
      await expect
        .poll(alert)
        .toBe('wide.png is 12x12 pixels, but the model takes 8x8: choose “Cut other sizes into tiles”.');
      mkdirSync(inFolder('none'));
      writeFileSync(inFolder('none/notes.txt'), 'no picture');
      await choose('none');
      await expect.poll(alert).toBe('There are no images among these files.');
      writeFileSync(inFolder('none/broken.png'), 'no picture');
      await choose('none');
      await expect.poll(alert).toMatch(/^None of these images can be compressed: broken\.png/);
      await choose('wide');
      await page.getByText('Options').click();
      await page.getByLabel('Cut other sizes into tiles').check();
      expect(await heading()).toMatch(/^1 image in /);
      await page.getByRole('button', { name: 'Decode and check' }).click();
      expect(await page.getByTestId('checked').textContent()).toBe(
        'The image returned, and every pixel equals the original.',
      );
    });

    it.each([
      ['light', 1200],
      ['dark', 390],
    ] as const)('has no accessibility violations, %s and %d pixels wide', async (colorScheme, width) => {
      const look = { colorScheme, viewport: { width, height: 800 }, reducedMotion: 'reduce' };
      await open('#/compress?model=runs/tiny', look);
      await page.getByRole('button', { name: 'Try 64 samples' }).waitFor();
      await page.getByText('Options').click();
      expect(await accessibilityFaults(page)).toEqual([]);
      await choose('album');
      await page.getByRole('button', { name: 'Decode and check' }).click();
      await page.getByTestId('checked').waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      mkdirSync(inFolder('x'.repeat(150)), { recursive: true });
      writeFileSync(inFolder(`${'x'.repeat(150)}/notes.txt`), 'no picture');
      await choose('x'.repeat(150));
      await page.getByText('There are no images among these files.').waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    });
  },
);
