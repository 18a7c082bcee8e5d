// A component that is loaded when it is first shown.
import type { ComponentType } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';
import { Notice } from './Notice.tsx';

/** Loads a component and shows it; give another one another key. */
export function Loaded({ load }: { load(): Promise<ComponentType> }) {
  const [Inside, setInside] = useState<ComponentType>();
  const [failed, setFailed] = useState(false);
  useLayoutEffect(() => {
    load().then(
      (loaded) => setInside(() => loaded),
      () => setFailed(true),
    );
  }, []);
  if (failed) {
    return <Notice>This page failed to load. If the studio is still running, reload the page.</Notice>;
  }
  return Inside ? <Inside /> : null;
}
