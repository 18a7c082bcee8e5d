// Exchanges with a job of MPI that a test controls: pieces, and ranks that do not come.
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Exchanges, waitingTime } from './exchanges.node.ts';
import type { MpiJob, Request } from './openMpi.node.ts';

/** A job that finishes everything at once, but for what is overridden. */
function createJob(overrides: Partial<MpiJob> = {}): MpiJob {
  const done = (): Request => () => true;
  return {
    rank: 0,
    size: 3,
    sum: done,
    broadcast: done,
    barrier: done,
    send: done,
    receive: done,
    finalize: () => {},
    abort: () => {},
    ...overrides,
  };
}

function createExchanges(job: MpiJob, least: number): Exchanges {
  const exchanges = new Exchanges(job, least);
  exchanges.hosts = ['a', 'b', 'c'];
  return exchanges;
}

it('waits ten times as long as a rank itself has worked, or a least time, on rank 0 less than on others', () => {
  expect([waitingTime(0, 1, 30), waitingTime(0, 60, 30)]).toEqual([30, 600]);
  expect(waitingTime(2, 60, 30)).toBeGreaterThan(waitingTime(0, 60, 30));
});

it('exchanges long arrays in pieces, in order, two at a time', async () => {
  const numbers = new Float32Array(1_000_000);
  const pieces: Float32Array[] = [];
  let [open, peak] = [0, 0];
  const sum = (piece: Float32Array | Float64Array): Request => {
    pieces.push(piece as Float32Array);
    peak = Math.max(peak, ++open);
    let looks = 3;
    return () => {
      looks--;
      open -= looks === 0 ? 1 : 0;
      return looks <= 0;
    };
  };
  await createExchanges(createJob({ sum }), 30).sum(numbers);
  expect(peak).toBe(2);
  expect(pieces.length).toBeGreaterThan(2);
  expect(pieces.map(({ byteOffset }) => byteOffset)).toEqual(
    pieces.map((_, index) => index * pieces[0]!.byteLength),
  );
  expect(pieces.reduce((total, { length }) => total + length, 0)).toBe(numbers.length);
});

describe('ranks that do not come', () => {
  const never = (): Request => () => false;

  it('are named by rank 0', async () => {
    const job = createJob({ sum: never, receive: (from) => () => from === 1 });
    await expect(createExchanges(job, 0.05).sum(Float64Array.of(1))).rejects.toThrow(
      /^rank 2 on c has not joined a data exchange for 0 seconds: /,
    );
    await expect(
      createExchanges(createJob({ sum: never, receive: never }), 0.05).sum(Float64Array.of(1)),
    ).rejects.toThrow(/^rank 1 on b, rank 2 on c have not joined a data exchange/);
  });

  it('are not accused if all have come, and are returned by a meeting with a limit', async () => {
    await expect(createExchanges(createJob({ sum: never }), 0.05).sum(Float64Array.of(1))).rejects.toThrow(
      /^all ranks have joined the data exchange, but no data has arrived/,
    );
    const job = createJob({ receive: (from) => () => from !== 2 });
    expect(await createExchanges(job, 30).meet(0.05)).toEqual([2]);
  });

  it('are waited for as long as something arrives', async () => {
    const numbers = new Float32Array(5_000_000);
    const start = performance.now();
    let pieces = 0;
    const sum = (): Request => {
      const begin = performance.now();
      return () => {
        const arrived = performance.now() - begin > 150;
        pieces += arrived ? 1 : 0;
        return arrived;
      };
    };
    // All pieces together take longer than the limit, but none of them does.
    await expect(createExchanges(createJob({ sum }), 0.4).sum(numbers)).resolves.toBeUndefined();
    expect(pieces).toBeGreaterThan(5);
    expect(performance.now() - start).toBeGreaterThan(400);
  });

  it('are not blamed for time when this process was suspended', async () => {
    const begin = performance.now();
    const sum = (): Request => () => performance.now() - begin > 1800;
    const summed = createExchanges(createJob({ sum }), 1.5).sum(Float64Array.of(1));
    await pause(20);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1700);
    await expect(summed).resolves.toBeUndefined();
    expect(performance.now() - begin).toBeGreaterThan(1800);
  });
});
