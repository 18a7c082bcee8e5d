// One of several pictures, enlarged in a dialog.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import './controls.css';
import './large.css';
import './picture.css';

interface LargeProps {
  /** The accessible name. */
  readonly label: string;
  readonly heading: ComponentChildren;
  readonly picture: ComponentChildren;
  /** Text below the picture. */
  readonly children?: ComponentChildren;
  /** Buttons after Previous and Next. */
  readonly actions?: ComponentChildren;
  readonly index: number;
  readonly count: number;
  onMove(index: number): void;
  onClose(): void;
}

/** The state of the browser's history while a dialog is open. */
const OPEN = 'picture';

/** The dialog; its buttons and the arrow keys lead to the neighbouring pictures. */
export function Large({
  label,
  heading,
  picture,
  children,
  actions,
  index,
  count,
  onMove,
  onClose,
}: LargeProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const close = (): void => dialog.current?.close();
    dialog.current!.showModal();
    // The browser's Back closes the dialog rather than leaving the page.
    history.pushState(OPEN, '');
    addEventListener('popstate', close);
    return () => {
      removeEventListener('popstate', close);
      if (history.state === OPEN) {
        history.back();
      }
    };
  }, []);
  const move = (by: number): void => {
    if (by !== 0 && index + by >= 0 && index + by < count) {
      onMove(index + by);
    }
  };
  return (
    <dialog
      ref={dialog}
      class="large"
      aria-label={label}
      onClose={onClose}
      onKeyDown={({ key }) => move(key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0)}
      onClick={({ target }) => target === dialog.current && dialog.current?.close()}
    >
      <div class="large-inside">
        <div class="large-head">
          <h2>{heading}</h2>
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </div>
        <div class="large-picture">{picture}</div>
        <div class="large-words" aria-live="polite">
          {children}
        </div>
        <div class="large-actions">
          <button type="button" class="button" disabled={index === 0} onClick={() => move(-1)}>
            Previous
          </button>
          <button type="button" class="button" disabled={index === count - 1} onClick={() => move(1)}>
            Next
          </button>
          {actions}
        </div>
      </div>
    </dialog>
  );
}
