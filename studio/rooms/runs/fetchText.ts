// Fetches a run's text files, cut to a maximum length.
import { useEffect, useState } from 'preact/hooks';
import { urlOf } from './watch.ts';

/** The maximum length: training writes shorter texts. */
const MOST_BYTES = 2 ** 20;

/** The text of a run's file, read again when the run changes; undefined if there is none. */
export function useText(path: string, file: string, when: string | null): string | undefined {
  const [text, setText] = useState<string>();
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    fetchText(urlOf(path, file), signal).then(
      (found) => setText(found),
      // The file may exist after the next change.
      () => signal.aborted || setText(undefined),
    );
    return () => controller.abort();
  }, [path, file, when]);
  return text;
}

async function fetchText(url: string, signal: AbortSignal): Promise<string | undefined> {
  const headers = { range: `bytes=0-${MOST_BYTES - 1}` };
  const response = await fetch(url, { headers, cache: 'no-store', signal });
  return response.ok ? response.text() : undefined;
}
