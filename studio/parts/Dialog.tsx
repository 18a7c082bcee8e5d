// A dialog over the page.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import './controls.css';
import './large.css';

interface DialogProps {
  readonly heading: ComponentChildren;
  readonly children: ComponentChildren;
  /** A key was pressed in it. */
  onKey?(key: string): void;
  onClose(): void;
}

/** The state of the browser's history while a dialog is open. */
const OPEN = 'dialog';

/** The dialog; Escape, a press beside it and the browser's Back close it. */
export function Dialog({ heading, children, onKey, onClose }: DialogProps) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const close = (): void => dialog.current?.close();
  useEffect(() => {
    dialog.current!.showModal();
    // Back closes the dialog rather than leaving the page.
    history.pushState(OPEN, '');
    addEventListener('popstate', close);
    return () => {
      removeEventListener('popstate', close);
      if (history.state === OPEN) {
        history.back();
      }
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class="large"
      aria-labelledby={id}
      onClose={onClose}
      onKeyDown={({ key }) => onKey?.(key)}
      onClick={({ target }) => target === dialog.current && close()}
    >
      <div class="large-inside">
        <div class="large-head">
          <h2 id={id}>{heading}</h2>
          <button type="button" class="button" onClick={close}>
            Close
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
