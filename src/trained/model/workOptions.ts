// The options that every long call shares: how to stop it, and how it reports progress.

/** How to stop a long call, and how to follow it. */
export interface WorkOptions {
  /** Stops the call between two batches: it rejects with the signal's reason, and the model can be used again. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each batch with the amount of work done, and the amount in all. */
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
}

/** The options of a call that does a part of the work: the part that begins when `before` of `of` is done. */
export function partOfWork(
  { signal, onProgress }: WorkOptions,
  { before, of }: { readonly before: number; readonly of: number },
): WorkOptions {
  return { signal, onProgress: onProgress && ((done) => onProgress(before + done, of)) };
}
