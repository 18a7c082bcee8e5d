// What messages suggest for a condition: a number, a file of numbers or an image.
import { expect, it } from 'vitest';
import { Glow } from '../../../flows/models/glow.ts';
import type { FlowModel } from '../../../model/index.ts';
import { catchUserError } from '../../../testing/catchUserError.ts';
import { chosenConditions, givenConditions } from './conditionOption.ts';

const modelWith = (shape: number[]) => {
  const condition = [{ name: 'sky', mean: 0.25, deviation: 1, shape }];
  const options = { levels: 1, depth: 1, conditioner: { width: 2 }, mixing: '1x1', condition };
  return { model: new Glow([4, 4, 1], options) } as unknown as FlowModel;
};
const none = { numbers: {}, files: [], names: [], texts: {} };

it.each([
  [[1], 'give a value of each, such as --condition sky=0.25'],
  [[3], 'give numbers of each, such as --condition sky=sky.npy'],
  [[4, 4, 1], 'give an image of each, such as --condition sky=sky.png'],
])('of shape %j', (shape, message) => {
  expect(catchUserError(() => chosenConditions(modelWith(shape), none)).message).toContain(message);
});

it('of several numbers is not a number', async () => {
  await expect(givenConditions(modelWith([3]), { condition: ['sky=1'] })).rejects.toThrow(
    'sky is 3 numbers: give a file, such as --condition sky=sky.npy',
  );
});
