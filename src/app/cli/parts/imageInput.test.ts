import { expect, it } from 'vitest';
import { imagesInMemory } from '../../../data/contract/dataset.ts';
import { namesOfSet } from './imageInput.ts';

it('names every image once, whatever the images are called', () => {
  const called = ['test-00001.png', 'a.png/../../b.png', 'test-00003.png', 'test-00003.png'];
  const set = imagesInMemory(new Uint8Array(4), [1, 1, 1]);
  const names = namesOfSet({ ...set, nameAt: (index) => called[index]! }, 'test');
  expect(new Set(names).size).toBe(4);
  expect(names[0]).toBe(called[0]);
  expect(names[2]).toBe(called[2]);
});
