// A sentence about something that is wrong.
import type { ComponentChildren } from 'preact';
import './notice.css';

/** A sentence that is also read out. */
export function Notice({ children }: { children: ComponentChildren }) {
  return (
    <p class="notice" role="alert">
      {children}
    </p>
  );
}
