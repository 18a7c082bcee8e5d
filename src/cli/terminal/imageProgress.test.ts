// Images are counted once, however often each is measured.
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createImageProgress } from './imageProgress.ts';

it('counts images, not passes over them', () => {
  const stream = new PassThrough();
  const bar = createImageProgress({ label: 'testing', images: 10, passes: 2 }, stream);
  bar.update(7);
  bar.update(20);
  bar.finish();
  const lines = String(stream.read()).trim().split('\n');
  expect(lines[0]).toBe('testing 3/10 images · 35 %');
  expect(lines[1]).toMatch(/^testing 10\/10 images · 100 %/);
});
