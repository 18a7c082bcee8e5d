import { expect, it } from 'vitest';
import { LostImages } from './lostImages.ts';

it('writes numbers of lost images with separators', () => {
  const reports: string[] = [];
  const lost = new LostImages((problem) => reports.push(problem));
  const block = { first: 0, count: 2000, runs: [], values: 0, checksum: '', images: undefined };
  lost.takeDamaged(0, block);
  expect(reports).toEqual(['block 0 is damaged: 2,000 images are lost: positions 0 to 1999']);
});
