// Programs, and what is made of them, released however the work with them ends.

/** What holds memory and threads until it is released. */
interface Releasable {
  release(): Promise<void>;
}

/** Notes something that has to be released, and gives it back. */
export type Keep = <Resource extends Releasable>(resource: Resource) => Resource;

/** Does some work; whatever it gave to `keep` is released afterwards, whether it succeeds or fails. */
export async function releaseAfter<Result>(work: (keep: Keep) => Promise<Result>): Promise<Result> {
  const kept: Releasable[] = [];
  const result = await releasedOnFailure(kept, work);
  await Promise.all(kept.map((resource) => resource.release()));
  return result;
}

/** Makes something that goes on using what it gave to `keep`: this is released only if the making fails. */
export function releaseOnFailure<Result>(make: (keep: Keep) => Promise<Result>): Promise<Result> {
  return releasedOnFailure([], make);
}

async function releasedOnFailure<Result>(
  kept: Releasable[],
  work: (keep: Keep) => Promise<Result>,
): Promise<Result> {
  try {
    return await work((resource) => {
      kept.push(resource);
      return resource;
    });
  } catch (error) {
    // Whatever comes of the releases, the first failure is the one to tell.
    await Promise.allSettled(kept.map((resource) => resource.release()));
    throw error;
  }
}
