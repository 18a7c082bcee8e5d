// Wrong labels are as many as asked for, and all other ones stay.
import { expect, it } from 'vitest';
import { imagesInMemory } from '../../src/data/contract/dataset.ts';
import { labelled } from '../../src/data/contract/labels.ts';
import { withWrongLabels } from './wrongLabels.ts';

it('gives a share of the images another class', () => {
  const numbers = Array.from({ length: 300 }, (_, index) => index % 3);
  const images = labelled(imagesInMemory(new Uint8Array(300), [1, 1, 1]), ['a', 'b', 'c'], numbers, 'test');
  const changed = withWrongLabels(images, 0.1, 1);
  const differ = numbers.flatMap((number, index) =>
    changed.images.labels!.classOf(index) === number ? [] : [index],
  );
  expect(differ).toHaveLength(30);
  expect(new Set(differ)).toEqual(changed.wrong);
  expect(withWrongLabels(images, 0.1, 2).wrong).not.toEqual(changed.wrong);
});
