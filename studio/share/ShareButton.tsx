// The button that shares what a page shows: a link to exactly this, a picture, a short animation.
import type { ComponentType } from 'preact';
import { useState } from 'preact/hooks';
import type { Settings } from '../address.ts';
import { Notice } from '../parts/Notice.tsx';
import { outdated } from '../parts/outdated.ts';
import type { Caption, Frame } from './card.ts';
import './share-button.css';

/** What a page shares. */
export interface Shared {
  /** All settings of the link, including defaults, which may change. */
  readonly settings: Settings;
  readonly caption?: Caption;
  readonly picture?: Frame;
  readonly animation?: {
    readonly seconds: number;
    /** Computes what its frames need. */
    prepare(signal: AbortSignal): Promise<Frame>;
  };
  /** What the link leaves out, as a sentence. */
  readonly omitted?: string | undefined;
}

interface ShareButtonProps {
  /** What is shown now. */
  offer(): Shared | Promise<Shared>;
}

type Dialog = ComponentType<Shared & { onClose(): void }>;

/** The button; the dialog is loaded when it is first opened. */
export function ShareButton({ offer }: ShareButtonProps) {
  const [isOffering, setOffering] = useState(false);
  const [shared, setShared] = useState<Shared>();
  const [loaded, setLoaded] = useState<{ readonly Dialog: Dialog }>();
  const [failed, setFailed] = useState(false);
  const open = async (): Promise<void> => {
    setOffering(true);
    setFailed(false);
    try {
      setShared(await offer());
      const { ShareDialog: Dialog } = await import('./ShareDialog.tsx');
      setLoaded({ Dialog });
    } catch {
      setFailed(true);
    } finally {
      setOffering(false);
    }
  };
  return (
    <>
      <button type="button" class="button share-button" {...outdated(isOffering)} onClick={open}>
        <svg viewBox="0 0 16 16" width="15" height="15" aria-hidden="true">
          <path
            d="M8 10V1.8M4.8 4.6 8 1.5l3.2 3.1M3.5 7.5h-1v7h11v-7h-1"
            fill="none"
            stroke="currentColor"
            stroke-width="1.4"
          />
        </svg>
        Share
      </button>
      {failed && <Notice>Sharing failed to load: reload the page.</Notice>}
      {shared && loaded && <loaded.Dialog {...shared} onClose={() => setShared(undefined)} />}
    </>
  );
}
