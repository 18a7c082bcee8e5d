// Tasks that wait for each other, because they share something.

/** Returns a function that performs tasks one after the other. */
export function turns(): <Result>(task: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const result = last.then(task);
    last = result.catch(() => {
      // The caller of that task reports it.
    });
    return result;
  };
}
