// A concurrent map over an async iterable: results in order, with limits on items and bytes in flight.
// Our own: p-map's iterable reads one item beyond the limit, leaves work running on files that a failure closes, and
// cannot limit bytes.

/** The limits on what is in flight. */
interface Limits {
  /** Items taken but not yet returned. */
  readonly items: number;
  /** The bytes requested for them in total. */
  readonly bytes: number;
}

/** The bytes held for an item. */
interface Share {
  bytes: number;
}

interface Request {
  readonly share: Share;
  readonly bytes: number;
  admit(): void;
  refuse(reason: Error): void;
}

/**
 * The results of `work` on each item, in the items' order. Work requests memory with `admit`, which waits until it fits
 * beside the others'; the oldest item is always admitted, so there is no deadlock. A failure is thrown in its turn, after
 * the work in flight has settled.
 */
export async function* mapInOrder<Item, Result>(
  items: AsyncIterable<Item>,
  limits: Limits,
  work: (item: Item, admit: (bytes: number) => Promise<void>) => Promise<Result>,
): AsyncGenerator<Result, void, void> {
  const underWay: { readonly share: Share; readonly result: Promise<Result> }[] = [];
  let requests: Request[] = [];
  let held = 0;
  let ended = false;
  const admitAll = (): void => {
    requests = requests.filter(({ share, bytes, admit }) => {
      const isOldest = underWay.length === 0 || underWay[0]!.share === share;
      if (!isOldest && held + bytes > limits.bytes) {
        return true;
      }
      held += bytes;
      share.bytes += bytes;
      admit();
      return false;
    });
  };
  const begin = (item: Item): void => {
    const share = { bytes: 0 };
    const request = (bytes: number): Promise<void> =>
      new Promise((admit, refuse) => {
        if (ended) {
          refuse(new Error('stopped early'));
          return;
        }
        requests.push({ share, bytes, admit, refuse });
        admitAll();
      });
    const result = work(item, request);
    // A failure is reported when its turn comes, and must not count as unhandled until then.
    result.catch(() => {});
    underWay.push({ share, result });
  };
  async function* yieldOldest(): AsyncGenerator<Result, void, void> {
    const [oldest] = underWay;
    yield await oldest!.result;
    underWay.shift();
    held -= oldest!.share.bytes;
    admitAll();
  }
  try {
    for await (const item of items) {
      begin(item);
      // An item that waits may hold a whole file already: take no more until it is admitted.
      while (underWay.length >= limits.items || (requests.length > 0 && underWay.length > 1)) {
        yield* yieldOldest();
      }
    }
    while (underWay.length > 0) {
      yield* yieldOldest();
    }
  } finally {
    ended = true;
    for (const { refuse } of requests) {
      refuse(new Error('stopped early'));
    }
    await Promise.allSettled(underWay.map(({ result }) => result));
  }
}
