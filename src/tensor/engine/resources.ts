// Releases programs, and what is built on them, however the work with them ends.

/** Something that holds memory and threads until it is released. */
interface Releasable {
  release(): Promise<void> | void;
}

/** Registers something for release, and returns it. */
export type Keep = <Resource extends Releasable>(resource: Resource) => Resource;

/**
 * Does some work; whatever it passed to `keep` is released afterwards, whether the work succeeds or fails.
 */
export async function releaseAfter<Result>(work: (keep: Keep) => Promise<Result>): Promise<Result> {
  const resources: Releasable[] = [];
  const result = await releasedOnFailure(resources, work);
  await Promise.all(resources.map((resource) => resource.release()));
  return result;
}

/**
 * Creates something that continues to use what it passed to `keep`: this is released only if the creation
 * fails.
 */
export function releaseOnFailure<Result>(make: (keep: Keep) => Promise<Result>): Promise<Result> {
  return releasedOnFailure([], make);
}

/** Releases in this order, each whatever the others throw; throws the first failure. */
export async function releaseInTurn(resources: readonly (Releasable | undefined)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const resource of resources) {
    try {
      await resource?.release();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) {
    throw failures[0];
  }
}

async function releasedOnFailure<Result>(
  resources: Releasable[],
  work: (keep: Keep) => Promise<Result>,
): Promise<Result> {
  try {
    return await work((resource) => {
      resources.push(resource);
      return resource;
    });
  } catch (error) {
    // Whatever the releases throw, the first failure is the one to report.
    await Promise.allSettled(resources.map(async (resource) => resource.release()));
    throw error;
  }
}
