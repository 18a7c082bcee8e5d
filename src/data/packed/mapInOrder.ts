// Several pieces of work under way at once, their results in order, and never more of them than agreed.
// Ours: p-map's iterable reads one item ahead of the limit, and leaves work under way on files that a failure closes.

/**
 * The results of `work` on each item, in the items' order. At most `atOnce` items are taken but not given out yet, so
 * memory stays bounded. A failure comes in its place in the order; what is under way then is waited for.
 */
export async function* mapInOrder<Item, Result>(
  items: AsyncIterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, void> {
  const underWay: Promise<Result>[] = [];
  const begin = (item: Item): void => {
    const result = work(item);
    // A failure is told when its turn comes, and must not count as unhandled until then.
    result.catch(() => {});
    underWay.push(result);
  };
  try {
    for await (const item of items) {
      begin(item);
      if (underWay.length >= atOnce) {
        yield await underWay.shift()!;
      }
    }
    while (underWay.length > 0) {
      yield await underWay.shift()!;
    }
  } finally {
    await Promise.allSettled(underWay);
  }
}
