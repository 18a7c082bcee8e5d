// Progress bars for work with several phases, one after another.
import { createProgress, type Progress } from './progress.ts';

/** Reports the progress of one phase. */
export type ShowProgress = (label: string, done: number, total: number) => void;

/** Does some work, with one bar per phase; `unit` names what is counted. */
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
