// Every golden case of layers, models and optimisers in a page: the values and gradients of Node's tests there.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mixingNames } from '../flows/models/partRegistries.ts';
import { bundle, describeInChromium } from './browser.ts';
import { expectWithin, goldenCases } from './golden.ts';
import { layerChecks } from './goldenLayers.ts';
import { modelChecks } from './goldenModels.ts';
import { inPlaceChecks, optimizerChecks } from './goldenOptimizers.ts';
import type { Comparison, GoldenCheck } from './goldenValues.ts';
import { openPage } from './pages.ts';

/** The lists of checks, by their names in the page. */
const checks: Readonly<Record<string, readonly GoldenCheck[]>> = {
  layerChecks,
  modelChecks,
  optimizerChecks,
  inPlaceChecks,
};

const script = `
  import { configureRuntime } from 'emerging-flows';
  import { layerChecks } from '../dist/testing/goldenLayers.js';
  import { modelChecks } from '../dist/testing/goldenModels.js';
  import { inPlaceChecks, optimizerChecks } from '../dist/testing/goldenOptimizers.js';
  configureRuntime({ wasm: '/runtime/ort-wasm-simd-threaded.wasm' });
  const checks = { layerChecks, modelChecks, optimizerChecks, inPlaceChecks };
  globalThis.check = async (list, index, name) => {
    const golden = await (await fetch('/golden/' + name + '.json')).json();
    return checks[list][index][1](golden, 'float64');
  };
`;

describeInChromium('in Chromium', () => {
  let page: Page;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ page, close } = await openPage(await bundle(script)));
    await page.waitForFunction('globalThis.check');
  });
  afterAll(() => close());

  for (const [list, listed] of Object.entries(checks)) {
    describe(list, () => {
      for (const [index, [names]] of listed.entries()) {
        it.each(goldenCases(names).map(([name]) => name))('%s', async (name) => {
          const call = `check('${list}', ${index}, '${name}')`;
          expectWithin((await page.evaluate(call)) as Comparison[]);
        });
      }
    });
  }

  it('includes a whole model for every mixing of the paper, and a layer for every other', () => {
    const [[names]] = modelChecks as [GoldenCheck];
    const mixings = goldenCases(names).map(([, { config }]) => config.mixing);
    const alone = ['convexp', 'finc', 'woodbury', 'woodbury-me', 'circulant', 'butterfly'] as const;
    expect([...new Set([...mixings, ...alone])].sort()).toEqual(mixingNames.toSorted());
    for (const mixing of alone) {
      expect(goldenCases(new RegExp(`^${mixing}-`)).some(([, { kind }]) => kind === mixing)).toBe(true);
    }
  });
});
