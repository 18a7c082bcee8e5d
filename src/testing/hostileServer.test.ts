// `loadModel` and a server that answers with anything but a model: one line says what is wrong, and little is received.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadModel } from '../evaluation/model/loadModel.ts';
import { bundle } from './browser.ts';
import { type HostileServer, hostileAnswers, serveHostile } from './hostile/hostileServer.ts';
import { chromiumPath, openPage } from './pages.ts';

/** The largest header, twice, and what is on its way when the connection ends. */
const MOST_RECEIVED = 48 * 2 ** 20;

let server: HostileServer;
beforeAll(async () => {
  server = await serveHostile();
});
afterAll(() => server.close());

/** Checks that the server was left, after not much was received. */
async function requireEnd(before: number): Promise<void> {
  await vi.waitFor(() => expect(server.open()).toBe(0), { timeout: 5000 });
  expect(server.sent() - before).toBeLessThan(MOST_RECEIVED);
}

const names = Object.keys(hostileAnswers);
const urlOf = (name: string): string => `${server.url}${encodeURIComponent(name)}/`;

describe('in Node', () => {
  it.each(names)('%s', async (name) => {
    const before = server.sent();
    const failure = await loadModel(new URL(urlOf(name))).then(
      () => ({ name: 'loaded', message: '' }),
      (error: Error) => error,
    );
    expect(failure.name).toBe('UserError');
    expect(failure.message).toMatch(hostileAnswers[name]!.error);
    expect(failure.message).not.toContain('\n');
    expect(failure.message.length).toBeLessThan(400);
    await requireEnd(before);
  });

  it('ends a transfer that is no longer wanted', async () => {
    const reason = new Error('no longer wanted');
    const end = new AbortController();
    const onProgress = (): void => end.abort(reason);
    await expect(loadModel(new URL(urlOf('slow')), { signal: end.signal, onProgress })).rejects.toBe(reason);
  });
});

describe.skipIf(chromiumPath === undefined)('in Chromium (scripts/install-system-packages)', () => {
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
    const failure = (await page.evaluate(`load(${JSON.stringify(urlOf(name))})`)) as Error & { code: string };
    expect(failure.code).toBeDefined();
    expect(failure.message).toMatch(hostileAnswers[name]!.errorInPage ?? hostileAnswers[name]!.error);
    expect(failure.message).not.toContain('\n');
    await requireEnd(before);
  });

  it('a server that is closed to other origins', async () => {
    const url = urlOf('an empty body').replace('127.0.0.1', 'localhost');
    expect(await page.evaluate(`load(${JSON.stringify(url)})`)).toMatchObject({
      code: 'io',
      message: expect.stringMatching(/^cannot fetch \S+: Failed to fetch; give the URL/),
    });
  });

  it('ends a transfer that is no longer wanted', async () => {
    const failure = await page.evaluate(`(async () => {
      const end = new AbortController();
      return load(${JSON.stringify(urlOf('slow'))}, { signal: end.signal, onProgress: () => end.abort() });
    })()`);
    expect(failure).toMatchObject({ name: 'AbortError' });
  });
});
