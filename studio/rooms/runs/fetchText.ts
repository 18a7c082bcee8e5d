// A text of a run: its start, if it is long.
import { useEffect, useState } from 'preact/hooks';
import { urlOf } from './watch.ts';

/** Longer texts are none that training has written. */
const MOST_BYTES = 2 ** 20;

/** The text of a file of a run; undefined until it is there, or if there is none. It is read anew when the run changes. */
export function useText(path: string, file: string, when: string | null): string | undefined {
  const [text, setText] = useState<string>();
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    fetchText(urlOf(path, file), signal).then(
      (found) => setText(found),
      // What is not there now may be there at the next change.
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
