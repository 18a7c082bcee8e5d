// `loadModel` from a hostile server: a one-line error, and few bytes received.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadModel } from '../model/loading/loadModel.ts';
import { bundle, describeInChromium } from './browser.ts';
import { type HostileServer, startHostileServer } from './hostile/hostileServer.ts';
import { modelAnswers, slowModel } from './hostile/modelAnswers.ts';
import { openPage } from './pages.ts';

/** Twice the largest header, and what is in flight when the connection closes. */
const MOST_RECEIVED = 48 * 2 ** 20;

let server: HostileServer;
beforeAll(async () => {
  const answers = Object.entries(modelAnswers).map(([name, { answer }]) => [name, answer] as const);
  server = await startHostileServer({ ...Object.fromEntries(answers), slow: slowModel });
});
afterAll(() => server.close());

/** Checks that the connection is closed, after few bytes. */
async function requireEnd(before: number): Promise<void> {
  await vi.waitFor(() => expect(server.open()).toBe(0), { timeout: 60_000 });
  expect(server.sent() - before).toBeLessThan(MOST_RECEIVED);
}

const names = Object.keys(modelAnswers);
const fileUrl = (name: string): string => `${server.urlOf(name)}/`;

describe('in Node', () => {
  it.each(names)('%s', async (name) => {
    const before = server.sent();
    const failure = await loadModel(new URL(fileUrl(name))).then(
      () => ({ name: 'loaded', message: '' }),
      (error: Error) => error,
    );
    expect(failure.name).toBe('UserError');
    expect(failure.message).toMatch(modelAnswers[name]!.error);
    expect(failure.message).not.toContain('\n');
    expect(failure.message.length).toBeLessThan(400);
    await requireEnd(before);
  });
});

describeInChromium('in Chromium', () => {
  let page: Page;
  let close: () => Promise<void>;
  beforeAll(async () => {
    const bundled = await bundle(`
      import { loadModel } from 'emerging-flows';
      globalThis.load = (url, options) => loadModel(url, options).then(
        () => ({ name: 'loaded', message: '' }),
        ({ name, code, message }) => ({ name, code, message }),
      );
    `);
    ({ page, close } = await openPage(bundled));
    await page.waitForFunction('globalThis.load');
  });
  afterAll(() => close());

  it.each(names)('%s', async (name) => {
    const before = server.sent();
    const failure = (await page.evaluate(`load(${JSON.stringify(fileUrl(name))})`)) as Error & {
      code: string;
    };
    expect(failure.code).toBeDefined();
    expect(failure.message).toMatch(modelAnswers[name]!.errorInPage ?? modelAnswers[name]!.error);
    expect(failure.message).not.toContain('\n');
    await requireEnd(before);
  });

  it('a server that other origins cannot read', async () => {
    const url = fileUrl('an empty body').replace('127.0.0.1', 'localhost');
    expect(await page.evaluate(`load(${JSON.stringify(url)})`)).toMatchObject({
      code: 'io',
      message: expect.stringMatching(/^cannot fetch \S+: Failed to fetch; give the URL/),
    });
  });

  it('stops a transfer that is aborted', async () => {
    const failure = await page.evaluate(`(async () => {
      const end = new AbortController();
      return load(${JSON.stringify(fileUrl('slow'))}, { signal: end.signal, onProgress: () => end.abort() });
    })()`);
    expect(failure).toMatchObject({ name: 'AbortError' });
  });
});
