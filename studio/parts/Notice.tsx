// Error messages, and empty states.
import type { ComponentChildren } from 'preact';
import './notice.css';
import './room.css';

/** A sentence that screen readers announce. */
export function Notice({ children }: { children: ComponentChildren }) {
  return (
    <p class="notice" role="alert">
      {children}
    </p>
  );
}

/** A sentence about what to do and what will appear here. */
export function Blank({ children }: { children: ComponentChildren }) {
  return (
    <div class="room-blank">
      <p>{children}</p>
    </div>
  );
}
