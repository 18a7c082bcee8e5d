import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { mapInOrder } from './mapInOrder.ts';

async function* numbers(count: number, taken: number[] = []) {
  for (let index = 0; index < count; index++) {
    taken.push(index);
    yield index;
  }
}

it('gives results in order, whichever is ready first, and takes no more than agreed', async () => {
  const taken: number[] = [];
  const results: number[] = [];
  let underWay = 0;
  let most = 0;
  const work = async (index: number): Promise<number> => {
    underWay++;
    most = Math.max(most, underWay);
    await wait(index % 3 === 0 ? 4 : 0);
    underWay--;
    return 10 * index;
  };
  for await (const result of mapInOrder(numbers(20, taken), 4, work)) {
    results.push(result);
    expect(taken.length - results.length).toBeLessThan(4);
  }
  expect(results).toEqual(Array.from({ length: 20 }, (_, index) => 10 * index));
  expect(most).toBe(4);
});

it('tells a failure in its turn, and waits for what is under way', async () => {
  const results: number[] = [];
  let running = 0;
  const work = async (index: number): Promise<number> => {
    running++;
    await wait(2);
    running--;
    if (index === 2 || index === 3) {
      throw new Error(`no ${index}`);
    }
    return index;
  };
  const all = async () => {
    for await (const result of mapInOrder(numbers(9), 3, work)) {
      results.push(result);
    }
  };
  await expect(all()).rejects.toThrow('no 2');
  expect(results).toEqual([0, 1]);
  expect(running).toBe(0);
});
