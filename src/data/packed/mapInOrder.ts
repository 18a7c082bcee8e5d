// Several pieces of work under way at once, their results in order, and never more of them than agreed.
// Ours: p-map's iterable reads one item ahead of the limit, leaves work under way on files that a failure closes, and
// counts items, not their bytes.

/** What work may take at once. */
interface Limits {
  /** Items that are taken and not given out yet. */
  readonly items: number;
  /** What these ask for in all. */
  readonly bytes: number;
}

/** The bytes that an item holds. */
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
 * The results of `work` on each item, in the items' order. Work asks by `admit` for the bytes that it is about to take and
 * waits until there is room beside what came before; the oldest always has room, so that all of it gets done. A failure
 * comes in its place in the order; what is under way then is waited for.
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
          refuse(new Error('the work has ended'));
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
  async function* giveOut(): AsyncGenerator<Result, void, void> {
    const [oldest] = underWay;
    yield await oldest!.result;
    underWay.shift();
    held -= oldest!.share.bytes;
    admitAll();
  }
  try {
    for await (const item of items) {
      begin(item);
      // Whoever waits for room may hold a whole file already: nothing more is taken until there is some.
      while (underWay.length >= limits.items || (requests.length > 0 && underWay.length > 1)) {
        yield* giveOut();
      }
    }
    while (underWay.length > 0) {
      yield* giveOut();
    }
  } finally {
    ended = true;
    for (const { refuse } of requests) {
      refuse(new Error('the work has ended'));
    }
    await Promise.allSettled(underWay.map(({ result }) => result));
  }
}
