// A concurrent map over an async iterable: results in order, with limits on items and bytes in flight.
// Our own: p-map's iterable reads one item beyond the limit, leaves work running on files that a failure
// closes, and cannot limit bytes.

interface Limits {
  /** Items taken but not yet returned. */
  readonly items: number;
  /** The bytes requested for them in total. */
  readonly bytes: number;
}

/** The bytes allocated for an item. */
interface Allocation {
  bytes: number;
}

interface Request {
  readonly allocation: Allocation;
  readonly bytes: number;
  admit(): void;
  refuse(reason: Error): void;
}

/**
 * Yields the results of `work` on each item, in the order of the items. `work` requests memory with `admit`,
 * which waits until it is available; the oldest item is always admitted, so it cannot deadlock. An error is
 * thrown in the place of the item's result, after the work in flight has settled.
 */
export async function* mapInOrder<Item, Result>(
  items: AsyncIterable<Item>,
  limits: Limits,
  work: (item: Item, admit: (bytes: number) => Promise<void>) => Promise<Result>,
): AsyncGenerator<Result, void, void> {
  const inFlight: { readonly allocation: Allocation; readonly result: Promise<Result> }[] = [];
  let requests: Request[] = [];
  let held = 0;
  let ended = false;
  const admitAll = (): void => {
    requests = requests.filter(({ allocation, bytes, admit }) => {
      const isOldest = inFlight.length === 0 || inFlight[0]!.allocation === allocation;
      if (!isOldest && held + bytes > limits.bytes) {
        return true;
      }
      held += bytes;
      allocation.bytes += bytes;
      admit();
      return false;
    });
  };
  const begin = (item: Item): void => {
    const allocation = { bytes: 0 };
    const request = (bytes: number): Promise<void> =>
      new Promise((admit, refuse) => {
        if (ended) {
          refuse(new Error('stopped early'));
          return;
        }
        requests.push({ allocation, bytes, admit, refuse });
        admitAll();
      });
    const result = work(item, request);
    // A rejection is reported when its turn comes, and must not be reported as unhandled until then.
    result.catch(() => {});
    inFlight.push({ allocation, result });
  };
  async function* yieldOldest(): AsyncGenerator<Result, void, void> {
    const [oldest] = inFlight;
    yield await oldest!.result;
    inFlight.shift();
    held -= oldest!.allocation.bytes;
    admitAll();
  }
  try {
    for await (const item of items) {
      begin(item);
      // A waiting item may already hold a whole file: take no more until it is admitted.
      while (inFlight.length >= limits.items || (requests.length > 0 && inFlight.length > 1)) {
        yield* yieldOldest();
      }
    }
    while (inFlight.length > 0) {
      yield* yieldOldest();
    }
  } finally {
    ended = true;
    for (const { refuse } of requests) {
      refuse(new Error('stopped early'));
    }
    await Promise.allSettled(inFlight.map(({ result }) => result));
  }
}
