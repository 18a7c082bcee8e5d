import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { mapInOrder } from './mapInOrder.ts';

async function* numbers(count: number, started: number[] = []) {
  for (let index = 0; index < count; index++) {
    started.push(index);
    yield index;
  }
}

it('returns results in order, whichever is ready first, and respects the limit', async () => {
  const started: number[] = [];
  const results: number[] = [];
  let inFlight = 0;
  let peak = 0;
  const work = async (index: number): Promise<number> => {
    inFlight++;
    peak = Math.max(peak, inFlight);
    await wait(index % 3 === 0 ? 4 : 0);
    inFlight--;
    return 10 * index;
  };
  for await (const result of mapInOrder(numbers(20, started), { items: 4, bytes: 0 }, work)) {
    results.push(result);
    expect(started.length - results.length).toBeLessThan(4);
  }
  expect(results).toEqual(Array.from({ length: 20 }, (_, index) => 10 * index));
  expect(peak).toBe(4);
});

it('throws an error in the place of its result, after the work in flight has settled', async () => {
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
  const readAllResults = async () => {
    for await (const result of mapInOrder(numbers(9), { items: 3, bytes: 0 }, work)) {
      results.push(result);
    }
  };
  await expect(readAllResults()).rejects.toThrow('no 2');
  expect(results).toEqual([0, 1]);
  expect(running).toBe(0);
});

it('admits work only if its bytes fit, but always admits the oldest', async () => {
  const started: number[] = [];
  const [sizes, results] = [[6, 6, 3, 20, 1, 1], [] as number[]];
  let [held, peak] = [0, 0];
  const work = async (index: number, admit: (bytes: number) => Promise<void>): Promise<number> => {
    await admit(1);
    // Later ones request first.
    await wait(12 - 2 * index);
    await admit(sizes[index]! - 1);
    held += sizes[index]!;
    await wait(1);
    return index;
  };
  for await (const result of mapInOrder(numbers(6, started), { items: 6, bytes: 10 }, work)) {
    results.push(result);
    peak = Math.max(peak, held);
    held -= sizes[result]!;
  }
  expect(results).toEqual([0, 1, 2, 3, 4, 5]);
  // The oldest is admitted even beyond the limit.
  expect(peak).toBeLessThanOrEqual(20 + 10);
  expect(peak).toBeGreaterThanOrEqual(20);
});

it('takes no more items while one waits for memory, and leaves none waiting when it stops early', async () => {
  const started: number[] = [];
  const refused: string[] = [];
  const work = (index: number, admit: (bytes: number) => Promise<void>): Promise<number> =>
    admit(8).then(
      () => index,
      (error: Error) => {
        refused.push(error.message);
        throw error;
      },
    );
  for await (const result of mapInOrder(numbers(9, started), { items: 5, bytes: 10 }, work)) {
    expect(result).toBe(0);
    break;
  }
  expect(started).toEqual([0, 1]);
  expect(refused).toEqual(['stopped early']);
});
