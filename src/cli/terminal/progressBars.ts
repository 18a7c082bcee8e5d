// Progress of work of several kinds, which tells of each when it comes to it.
import { createProgress, type Progress } from './progress.ts';

/** Tells how far one kind of work is. */
export type ShowProgress = (label: string, done: number, total: number) => void;

/** Does some work that shows a bar for each kind of it, one after another; `unit` says what is counted. */
export async function withProgress<Result>(
  work: (show: ShowProgress) => Promise<Result>,
  unit?: string,
): Promise<Result> {
  let current: { readonly label: string; readonly bar: Progress } | undefined;
  const show: ShowProgress = (label, done, total) => {
    if (current?.label !== label) {
      current?.bar.finish();
      current = { label, bar: createProgress({ label, total, ...(unit !== undefined && { unit }) }) };
    }
    current.bar.update(done);
  };
  try {
    return await work(show);
  } finally {
    current?.bar.finish();
  }
}
