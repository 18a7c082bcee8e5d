// Reports of an audit about labels.
import { expect, it } from 'vitest';
import type { Audit } from '../../../uses/odd/audit/index.ts';
import { labelSection } from './modelSections.ts';

it.each([
  ['label', 'Images that the model has not scored are not judged.'],
  ['neighbours', 'Images of classes with fewer than four different images are not judged.'],
])('why some are not judged by %s', (by, why) => {
  const findings = { doubtful: [], judged: 2, estimate: undefined, by };
  const images = [0, 1, 0].map((label, index) => ({ name: `${index}.png`, label }));
  const audit = {
    images,
    identical: [],
    conflicts: [],
    notScored: [2],
    labels: { found: findings },
    dataset: { classes: ['a', 'b'] },
  };
  expect(labelSection(audit as unknown as Audit, { top: 5, source: 'set' }).about.at(-1)).toBe(why);
});
