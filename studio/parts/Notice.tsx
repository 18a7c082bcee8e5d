// An error message.
import type { ComponentChildren } from 'preact';
import './notice.css';

/** A sentence that screen readers announce. */
export function Notice({ children }: { children: ComponentChildren }) {
  return (
    <p class="notice" role="alert">
      {children}
    </p>
  );
}
