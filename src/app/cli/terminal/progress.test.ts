import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProgress, SmoothedRate } from './progress.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

/** A stream that records what is written to it. */
function fakeStream(properties: { isTTY?: boolean; columns?: number } = {}) {
  const stream = Object.assign(new PassThrough(), properties);
  const chunks: string[] = [];
  stream.on('data', (chunk) => chunks.push(String(chunk)));
  return { stream, text: () => chunks.join(''), lines: () => chunks.join('').split('\n').slice(0, -1) };
}

describe('progress without a terminal', () => {
  it('prints the first state, then one line every few seconds, then the last state', () => {
    const { stream, lines } = fakeStream();
    const progress = createProgress({ label: 'step', total: 200 }, stream);
    for (let step = 1; step <= 200; step++) {
      vi.advanceTimersByTime(100);
      progress.update(step, { result: `${(10 / step).toFixed(2)} bits/dim`, imagesPerSecond: 812.3 });
    }
    progress.finish();
    expect(lines()).toEqual([
      'step 1/200 · 0 % · 10.00 bits/dim · 812 images/s',
      'step 51/200 · 25 % · 0.20 bits/dim · 812 images/s · 15s left',
      'step 101/200 · 50 % · 0.10 bits/dim · 812 images/s · 10s left',
      'step 151/200 · 75 % · 0.07 bits/dim · 812 images/s · 5s left',
      'step 200/200 · 100 % · 0.05 bits/dim · 812 images/s',
    ]);
  });

  it('shows the total once it is known', () => {
    const { stream, lines } = fakeStream();
    const progress = createProgress({ label: 'step', total: null }, stream);
    progress.update(1);
    progress.expect(4);
    vi.advanceTimersByTime(10_000);
    progress.update(2);
    progress.finish();
    expect(lines()).toEqual(['step 1', 'step 2/4 · 50 % · 20s left']);
  });

  it('measures the rate of its unit, from the starting count', () => {
    const { stream, lines } = fakeStream();
    const progress = createProgress(
      { label: 'evaluating', total: 10_000, unit: 'images', start: 5000 },
      stream,
    );
    progress.update(5000);
    vi.advanceTimersByTime(10_000);
    progress.update(6000);
    progress.finish();
    expect(lines()).toEqual([
      'evaluating 5,000/10,000 images · 50 %',
      'evaluating 6,000/10,000 images · 60 % · 100 images/s · 40s left',
    ]);
  });
});

describe('progress on a terminal', () => {
  beforeEach(() => {
    vi.stubEnv('TERM', 'xterm');
  });

  it('draws a bar with notes above it, and leaves the last state on the screen', () => {
    const { stream, text } = fakeStream({ isTTY: true, columns: 100 });
    const progress = createProgress({ label: 'step', total: 1500 }, stream);
    vi.advanceTimersByTime(1000);
    progress.update(410, { result: '1.93 bits/dim' });
    vi.advanceTimersByTime(1000);
    progress.update(420, { imagesPerSecond: 812 });
    vi.advanceTimersByTime(1000);
    expect(stripVTControlCharacters(text())).toContain(
      'step 420/1,500 ━━━━━━━━────────────────────── 28 % · 1.93 bits/dim · 812 images/s · 1m 48s left',
    );
    progress.note('a note');
    progress.update(1500);
    progress.finish();
    expect(stripVTControlCharacters(text())).toMatch(
      /a note\n[^\n]*step 1,500\/1,500 ━{30} 100 % · 1\.93 bits\/dim · 812 images\/s\n$/,
    );
    progress.finish();
    progress.note('afterwards');
    expect(stripVTControlCharacters(text())).toMatch(/images\/s\nafterwards\n$/);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('never writes more than the terminal is wide', () => {
    const { stream, text } = fakeStream({ isTTY: true, columns: 24 });
    const progress = createProgress({ label: 'step', total: 1500 }, stream);
    vi.advanceTimersByTime(1000);
    progress.update(700, { result: '1.90 bits/dim', imagesPerSecond: 1 });
    vi.advanceTimersByTime(1000);
    const states = stripVTControlCharacters(text()).split(/(?=step )/);
    expect(states.at(-1)).toBe('step 700/1,500 · 46 % · ');
    expect(Math.max(...states.map((state) => state.length))).toBeLessThanOrEqual(24);
    progress.finish();
  });
});

describe('SmoothedRate', () => {
  it('is null before two observations at different times', () => {
    const rate = new SmoothedRate();
    expect(rate.perSecond).toBeNull();
    rate.observe(3, 100);
    rate.observe(4, 100);
    expect(rate.perSecond).toBeNull();
    rate.observe(5, 101);
    expect(rate.perSecond).toBeCloseTo(2, 12);
  });

  it('is exact for a constant rate, however often it is observed', () => {
    const rate = new SmoothedRate();
    let seconds = 50;
    for (const pause of [0, 0.001, 3, 0.2, 40, 1]) {
      seconds += pause;
      rate.observe(7 * seconds, seconds);
    }
    expect(rate.perSecond).toBeCloseTo(7, 9);
  });

  it('forgets a slow start', () => {
    const rate = new SmoothedRate();
    rate.observe(0, 0);
    rate.observe(1, 30);
    expect(rate.perSecond).toBeCloseTo(1 / 30, 12);
    for (let second = 1; second <= 75; second++) {
      rate.observe(1 + 10 * second, 30 + second);
    }
    expect(rate.perSecond).toBeGreaterThan(9.9);
    expect(rate.perSecond).toBeLessThan(10);
  });
});
