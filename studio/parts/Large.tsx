// One of several pictures, enlarged in a dialog.
import type { ComponentChildren } from 'preact';
import { Dialog } from './Dialog.tsx';
import './picture.css';

interface LargeProps {
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

/** The dialog; its buttons and the arrow keys lead to the neighbouring pictures. */
export function Large({ heading, picture, children, actions, index, count, onMove, onClose }: LargeProps) {
  const move = (by: number): void => {
    if (by !== 0 && index + by >= 0 && index + by < count) {
      onMove(index + by);
    }
  };
  return (
    <Dialog
      heading={heading}
      onKey={(key) => move(key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0)}
      onClose={onClose}
    >
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
    </Dialog>
  );
}
