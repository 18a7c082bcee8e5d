// The room How it works in Chromium: figures, formulas and excerpts.

import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandLine } from '../../../src/testing/command.ts';
import { chromiumPath, openChromium } from '../../../src/testing/pages.ts';
import { accessibilityFaults, buildStudio, startStudio, visit } from '../../../src/testing/studio.ts';
import { readExcerpts } from '../../excerpts.ts';
import { decimal } from '../../numbers.ts';
import { convolutionMatrix, createKernel, logDiagonal } from './maths/convolutions.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const emerging = commandLine(buildStudio());

describe.skipIf(chromiumPath === undefined)(
  'the room How it works (scripts/install-system-packages)',
  { tags: 'system' },
  () => {
    let studio: Awaited<ReturnType<typeof startStudio>>;
    let page: Page;
    let closePage: () => Promise<void>;
    const requestedUrls: string[] = [];
    const messages: string[] = [];
    beforeAll(async () => {
      studio = await startStudio(emerging);
      ({ page, close: closePage } = await openChromium('about:blank'));
      page.on('request', (request) => requestedUrls.push(request.url()));
      page.on('console', (message) => messages.push(message.text()));
      await page.goto(`${studio.url}#/how`);
      await page.getByRole('heading', { name: 'How it works' }).waitFor();
    });
    afterAll(async () => {
      await closePage();
      await studio.close();
    });

    const figure = (name: string) => page.getByRole('figure', { name });
    const plane = () => figure('A flow in two dimensions');
    const button = (name: string) => plane().getByRole('button', { name });

    it('says that the model in the address is missing', async () => {
      await visit(page, `${studio.url}#/how?model=models/none`);
      await figure('An image to noise and back').scrollIntoViewIfNeeded();
      await page.getByText('Model “models/none” not found.').waitFor();
      expect(await page.getByText('Loading the model.').count()).toBe(0);
      await visit(page, `${studio.url}#/how`);
    });

    describe('a flow in two dimensions', () => {
      const logDensity = async () =>
        Number((await plane().getByTestId('log-density').textContent())!.replace('−', '-'));

      it('trains while it is shown, and restarts', async () => {
        await plane().getByText('Step 0.').waitFor();
        const before = await logDensity();
        await button('One step').click();
        await plane().getByText('Step 1,').waitFor();
        await button('Train').click();
        const steps = async () =>
          Number(/Step ([\d,]+)/.exec((await plane().textContent())!)![1]!.replace(',', ''));
        await expect.poll(steps, { timeout: 60_000 }).toBeGreaterThan(20);
        await button('Pause').click();
        // The chosen point is one of the data, whose density training raises.
        await expect.poll(logDensity, { timeout: 20_000 }).toBeGreaterThan(before);
        await button('Reset').click();
        await plane().getByText('Step 0.').waitFor();
      });

      it('shows the way of a chosen point, whose log-terms add up', async () => {
        // After a reset, the first look at the new flow.
        await plane().getByTestId('log-density').waitFor();
        await plane().getByRole('application').press('ArrowRight');
        const { text, terms } = await plane().evaluate((element) => ({
          text: element.textContent!.replaceAll('−', '-'),
          terms: [...element.querySelectorAll('.plane-term')].map((term) =>
            term.textContent!.replace('−', '-'),
          ),
        }));
        const [, prior, sign, change, sum] = /= (-?[\d.]+) ([+-]) ([\d.]+) = (-?[\d.]+)/.exec(text)!;
        const logDet = Number(sign! + change!);
        // All are rounded to two decimals.
        expect(Math.abs(Number(prior) + logDet - Number(sum))).toBeLessThan(0.016);
        expect(terms).toHaveLength(10);
        expect(Math.abs(terms.reduce((total, term) => total + Number(term), 0) - logDet)).toBeLessThan(0.051);
        await button('noise').click();
        expect(await plane().getByRole('slider').inputValue()).toBe('9');
        await plane().getByRole('application', { name: 'The plane at the noise' }).waitFor();
        await plane().getByRole('slider').press('Home');
      });

      it('learns what the reader draws, and keeps it in the address', async () => {
        await plane().getByLabel('Data', { exact: true }).selectOption('drawn');
        await plane().getByText('Draw lines in the plane').waitFor();
        await plane().scrollIntoViewIfNeeded();
        const { x, y, width } = (await plane().getByRole('application').boundingBox())!;
        await page.mouse.move(x + width / 4, y + width / 4);
        await page.mouse.down();
        await page.mouse.move(x + width / 2, y + width / 2, { steps: 5 });
        await page.mouse.move(x + (3 * width) / 4, y + width / 4, { steps: 5 });
        await page.mouse.up();
        await plane().getByText('Step 0.').waitFor();
        await page.waitForFunction(() => /drawing=\w{10}/.test(location.hash));
        const opened = await openChromium(
          `${studio.url}${await page.evaluate('location.hash')}&couplings=99`,
        );
        await opened.page
          .getByRole('figure', { name: 'A flow in two dimensions' })
          .getByText('Step 0.')
          .waitFor();
        await opened.page.getByText('couplings=99').waitFor();
        await opened.close();
        // Clearing leads back to the data, where one draws.
        await plane().getByRole('slider').press('End');
        await button('Clear the drawing').click();
        await plane().getByText('Draw lines in the plane').waitFor();
        expect(await plane().getByRole('slider').inputValue()).toBe('0');
        await plane().getByLabel('Data', { exact: true }).selectOption('moons');
      });
    });

    it('sends an image to noise and back', async () => {
      const trip = figure('An image to noise and back');
      await trip.scrollIntoViewIfNeeded();
      await trip.getByText('Decoding its own noise recovers 784 of 784 values.').waitFor();
      await trip.getByRole('slider').press('End');
      await trip.getByText('gives another image').waitFor();
    });

    it('undoes emerging convolutions of a drawing, but no ordinary ones', async () => {
      const undo = figure('Undo a convolution');
      const drawing = undo.getByRole('application');
      await drawing.press(' ');
      await page.waitForFunction(() => /image=[89a-f]/.test(location.hash));
      const undone = undo.getByLabel('Pixels undone');
      await undone.press('End');
      await undo.getByText(/256 of 256 pixels undone, from the top left; \d+ are wrong/).waitFor();
      await undone.press('PageDown');
      await undo.getByText(/The last one depends on \d pixels? not known yet/).waitFor();
      await undo.getByLabel('Convolution', { exact: true }).selectOption('emerging');
      await undo.getByRole('button', { name: 'Undo it' }).press('Enter');
      await undo.getByText(/Second convolution: .* from the top left; all are right/).waitFor();
      await undo.getByText(/^\d+ of 512 \(two convolutions\)$/).waitFor();
      await undo.getByText(/The second convolution is undone, so the picture is still blurred/).waitFor();
      await undo
        .getByText('First convolution: 256 of 256 pixels undone, from the bottom right; all are right')
        .waitFor();
      await undo.getByRole('button', { name: 'Clear' }).press('Enter');
      await page.waitForFunction(() => location.hash.includes(`image=${'0'.repeat(64)}`));
    });

    it('replays a recorded race, and opens Train with its settings', async () => {
      const race = figure('Emerging against 1x1 convolutions');
      const step = race.getByRole('slider');
      await race.getByText(/^After 1,700 steps, /).waitFor();
      await step.press('Home');
      await race.getByText(/^After 1 step, emerging convolutions need 7\.\d{3} bits\/dim \(/).waitFor();
      await race.getByRole('img', { name: 'Samples of 1x1 convolutions after 1 step' }).waitFor();
      await expect.poll(() => requestedUrls.some((url) => /samples-[\w-]+\.png$/.test(url))).toBe(true);
      const { hash } = new URL(
        (await race.getByRole('link', { name: 'Run it yourself' }).getAttribute('href'))!,
        studio.url,
      );
      const opened = await openChromium(studio.url + hash);
      const field = (name: string) => opened.page.getByRole('group', { name }).first();
      await field('Second model').waitFor();
      const findInput = (name: string, label: string) =>
        field(name).locator('select, input').and(field(name).getByLabel(label)).first().inputValue();
      expect([await findInput('Model', 'Mixing'), await findInput('Second model', 'Mixing')]).toEqual([
        'emerging',
        '1x1',
      ]);
      expect([await findInput('Model', 'Width'), await findInput('Second model', 'Width')]).toEqual([
        '32',
        '32',
      ]);
      expect([await findInput('Training', 'Steps'), await findInput('Training', 'Batch size')]).toEqual([
        '1700',
        '32',
      ]);
      await opened.close();
    });

    it.each([
      [1280, 720],
      [390, 844],
    ])('fits the plane and its controls into a window, %d x %d', async (width, height) => {
      await visit(page, `${studio.url}#/how?section=plane`, { viewport: { width, height } });
      await plane().getByText('Step 0.').waitFor();
      const bar = (await page.locator('.how-contents').boundingBox())!;
      await plane().evaluate((element) => element.scrollIntoView({ block: 'start', behavior: 'instant' }));
      for (const element of [plane().getByRole('application'), button('Send the points through')]) {
        const box = (await element.boundingBox())!;
        expect(box.y).toBeGreaterThanOrEqual(bar.height - 1);
        expect(box.y + box.height).toBeLessThanOrEqual(height);
      }
      await visit(page, `${studio.url}#/how`);
    });

    it('shows receptive fields of pixels selected with the arrow keys', async () => {
      const fields = figure('The receptive field of a pixel');
      await fields
        .getByText(
          'the first kernel reads 4 pixels, the second 4; together they cover 9, an ordinary 3x3 kernel 9',
        )
        .waitFor();
      await fields.getByRole('combobox').selectOption('5');
      await fields.getByRole('slider').press('ArrowRight');
      await fields.getByText('reads 9 pixels, the second 9; together they cover 25').waitFor();
      await fields.getByRole('application').first().focus();
      for (let press = 0; press < 20; press++) {
        await page.keyboard.press('ArrowRight');
        await page.keyboard.press('ArrowDown');
      }
      await fields.getByText('row 13, column 13, the first kernel reads 1 pixel,').waitFor();
    });

    it('adds up the diagonal of its matrix', async () => {
      await page.getByRole('link', { name: 'layer', exact: true }).click();
      await page.getByRole('heading', { name: 'Layers', level: 1 }).waitFor();
      expect(await page.title()).toBe('Layers · Emerging studio');
      const matrices = figure('The matrix of a 3x3 convolution of a 5 × 5 image');
      await matrices.getByRole('slider').press('ArrowRight');
      await matrices.getByLabel('Channels').selectOption('2');
      await matrices.getByLabel('Corner').selectOption('second');
      await matrices.getByText('is lower triangular, with 50 values').waitFor();
      const expected = logDiagonal(convolutionMatrix(createKernel('second', 2, 0.9, 11), 5, 5));
      expect(await matrices.getByTestId('diagonal').textContent()).toBe(decimal(expected, 3));
    });

    it('inverts by anti-diagonals, step by step and in playback', async () => {
      const wave = figure('Inverting a convolution');
      await wave.getByLabel('Image size').press('Home');
      const [play, step] = ['Play', 'One step'].map((name) => wave.getByRole('button', { name }));
      for (let press = 0; press < 3; press++) {
        await step!.press('Enter');
      }
      await wave.getByText('6 of 16 pixels are solved; pixel by pixel, 3 of 16').waitFor();
      await play!.press('Enter');
      await wave.getByText('all pixels are solved after 7 steps; pixel by pixel, 16 of 16').waitFor();
      await play!.waitFor();
      expect(await step!.isDisabled()).toBe(true);
    });

    it('inverts frequency by frequency, and factors a matrix', async () => {
      const periodic = figure('An image, its spectrum, and the kernel’s effect on each frequency');
      await periodic.getByText('All frequencies are inverted: the image is recovered.').waitFor();
      await periodic.getByLabel('Frequencies inverted').press('ArrowLeft');
      await periodic.getByText('the image lacks the others').waitFor();
      await periodic.getByRole('application').first().press('ArrowDown');
      await periodic.getByText('with 1 wave downwards and 2 to the right').waitFor();
      const factors = figure('A channel matrix and its factors');
      const value = async (): Promise<string> => /ln.det W. = \S+/.exec((await factors.textContent())!)![0];
      const before = await value();
      await factors.getByLabel('Form').selectOption('qr');
      await factors.getByRole('img', { name: 'The matrix R' }).waitFor();
      expect(await value()).toBe(before);
    });

    it('counts the steps of a whole model', async () => {
      const model = figure('From an image to latents');
      await model.getByLabel('Images').selectOption('mnist');
      await model.getByText('784 values become 784 latents').waitFor();
      // Two levels of eight steps, two corners each: 14 + 14 − 1 and 7 + 7 − 1 anti-diagonals.
      expect(await model.getByTestId('inverse-steps').textContent()).toBe(String(8 * 2 * (27 + 13)));
    });

    it('shows the other layers', async () => {
      const channel = figure('The values of a channel, before and after');
      await channel.getByRole('button', { name: 'Initialise from data' }).press('Enter');
      await channel.getByText('has mean 0.00 and standard deviation 1.00').waitFor();
      const bent = figure('One half transforms the other');
      for (const kind of ['additive', 'affine', 'spline']) {
        await bent.getByRole('combobox').selectOption(kind);
        await bent.getByLabel('The changed value b').press('ArrowRight');
        expect(await bent.getByText(/^b = /).textContent()).toMatch(/^b = (\S+) .* maps b′ to \1\.$/);
      }
      const expected = figure('A latent, given the other half');
      await expected.getByLabel('Temperature').press('Home');
      await expected.getByText('the first has ε = 0.00').waitFor();
      const corners = figure('Four receptive fields');
      await corners.getByRole('slider').press('ArrowRight');
      await corners.getByText('16 of group 4: 49 different places').waitFor();
      const series = figure('The series for one pixel');
      await series.getByLabel('Last term n').press('End');
      await series.getByText('That is below float32 rounding.').waitFor();
      const low = figure('Two matrices with the same determinant');
      await low.getByLabel('Rank').press('End');
      const [large, small] = [...(await low.textContent())!.matchAll(/\)\|? = (\S+) (?:by|with)/g)];
      expect(large![1]).toBe(small![1]);
      const ring = figure('A ring of channels');
      await ring.getByText(/The smallest of the 8 eigenvalues/).waitFor();
      await ring.getByLabel('To the second next').fill('0');
      await ring.getByLabel('To the next channel').fill('1');
      await ring.getByText('One eigenvalue is 0, so the matrix has no inverse').waitFor();
      const pairs = figure('Pairs at doubling distances');
      await pairs.getByRole('slider').press('End');
      await pairs.getByText('value 14 depends on 32 of 32 values').waitFor();
      const waiting = figure('The dependencies of a value');
      await waiting.getByRole('slider').press('End');
      await waiting.getByText('After 25 iterations, at least 81 of 81 pixels are settled').waitFor();
    });

    it('has figures to embed, without the worker', async () => {
      const opened = await openChromium(`${studio.url}figure.html#finc`, { colorScheme: 'dark' });
      const loaded: string[] = [];
      opened.page.on('request', (request) => loaded.push(request.url()));
      await opened.page.reload();
      await opened.page.getByRole('figure', { name: 'Four receptive fields' }).waitFor();
      expect(await opened.page.getByRole('figure').count()).toBe(1);
      expect(await opened.page.title()).toBe('Four corners side by side');
      expect(loaded.filter((url) => /wasm|worker|models/.test(url))).toEqual([]);
      // The embedding page has the first heading.
      const faults = await accessibilityFaults(opened.page);
      expect(faults.filter((fault) => !fault.startsWith('page-has-heading-one'))).toEqual([]);
      await opened.page.goto(`${studio.url}figure.html#nothing`);
      await opened.page.reload();
      await opened.page.getByText('There is no figure “nothing”.').waitFor();
      await opened.close();
    });

    it('renders formulas, also for screen readers, next to lines of the sources', async () => {
      expect(await page.locator('.katex-error').count()).toBe(0);
      expect(await page.locator('.how-formula math').count()).toBeGreaterThan(9);
      expect(await page.evaluate(() => document.fonts.check('16px KaTeX_Main'))).toBe(true);
      const files = await page.locator('.how-excerpt figcaption').allTextContents();
      expect(files.sort()).toEqual(
        Object.values(readExcerpts(repository))
          .map(({ file }) => file)
          .sort(),
      );
      expect(await page.getByText('product(permutation(p), product(lower(p), upper(p)))').count()).toBe(1);
    });

    it('opens a section by its address, and names it in the bar', async () => {
      await page.getByText('Contents', { exact: true }).click();
      await page
        .getByRole('navigation', { name: 'Sections' })
        .getByText('Periodic convolutions')
        .press('Enter');
      await page.waitForFunction(() => /how\/layers.*section=periodic/.test(location.hash));
      const top = () =>
        page.locator('#how-periodic').evaluate((section) => section.getBoundingClientRect().top);
      await expect.poll(top).toBeLessThan(100);
      // Tab continues from the heading.
      expect(await page.evaluate(() => document.activeElement!.textContent)).toBe('Periodic convolutions');
      await page.locator('.how-contents summary').getByText('Periodic convolutions').waitFor();
    });

    it('names a section that it doesn’t have', async () => {
      await visit(page, `${studio.url}#/how?section=none`);
      await page.getByText('can’t use “section=none” in its address').waitFor();
    });

    it.each(['how', 'how/layers'])(
      'leaves what is jumped to in %s uncovered by the contents',
      async (room) => {
        await page.goto(`${studio.url}#/${room}`);
        await page.locator('.how section figure').last().waitFor();
        const covered = await page.evaluate(() => {
          const bar = document.querySelector('.how-contents')!;
          const places = [...document.querySelectorAll('.how section :is(h2, h3, figure, button, input)')];
          return places.flatMap((element) => {
            element.scrollIntoView({ behavior: 'instant' });
            return element.getBoundingClientRect().top < bar.getBoundingClientRect().bottom - 1
              ? [element.outerHTML.slice(0, 100)]
              : [];
          });
        });
        expect(covered).toEqual([]);
      },
    );

    it('keeps the essay short, without formulas to load', async () => {
      const opened = await openChromium(`${studio.url}#/how`);
      const loaded: string[] = [];
      opened.page.on('request', (request) => loaded.push(request.url()));
      await opened.page.reload();
      await opened.page.getByRole('heading', { name: 'Where to go next' }).waitFor();
      expect(await opened.page.locator('.how > section').count()).toBe(5);
      expect(loaded.filter((url) => /katex/i.test(url))).toEqual([]);
      await opened.close();
    });

    it('loads nothing from other hosts, and logs nothing to the console', () => {
      expect(requestedUrls.some((url) => url.endsWith('.woff2'))).toBe(true);
      expect(requestedUrls.filter((url) => !url.startsWith(studio.url))).toEqual([]);
      expect(messages).toEqual([]);
    });

    it.each([
      ['light', 1200],
      ['dark', 390],
      ['light', 320],
    ] as const)('has no fault that axe finds, %s and %d pixels wide', async (colorScheme, width) => {
      const viewport = { width, height: 800 };
      await visit(page, `${studio.url}#/how`, { colorScheme, viewport, reducedMotion: 'reduce' });
      // Its image is encoded once the reader comes near.
      await figure('An image to noise and back').scrollIntoViewIfNeeded();
      await page.getByText('Decoding its own noise recovers').waitFor();
      const expectNoFaults = async (): Promise<void> => {
        expect(await accessibilityFaults(page)).toEqual([]);
        // Nothing overflows the page.
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      };
      await expectNoFaults();
      await page.goto(`${studio.url}#/how/layers`);
      await figure('The dependencies of a value').waitFor();
      await expectNoFaults();
    });
  },
);
