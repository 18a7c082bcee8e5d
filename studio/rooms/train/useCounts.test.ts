// The text about the chosen pictures before a run starts.
import { expect, it } from 'vitest';
import { batchProblem, countsWords } from './useCounts.ts';

it('says how pictures are divided, and which are skipped', () => {
  expect(countsWords({ training: 2400, validation: 300, test: 300, damaged: 0 })).toBe(
    '3,000 pictures: 2,400 to train on, 300 for validation, 300 for tests.',
  );
  expect(countsWords({ training: 1, validation: 0, test: 0, damaged: 1 })).toBe(
    '1 picture: 1 to train on, 0 for validation, 0 for tests. 1 unreadable picture skipped.',
  );
});

it('refuses batches of more images than there are', () => {
  expect(batchProblem(64, 64)).toBeUndefined();
  expect(batchProblem(64, 9)).toBe(
    'Batch size 64 exceeds the number of training images, 9: choose a smaller one.',
  );
});
