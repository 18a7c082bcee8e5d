// An empty state.
import type { ComponentChildren } from 'preact';
import './room.css';

/** A sentence about what to do and what will appear here. */
export function Blank({ children }: { children: ComponentChildren }) {
  return (
    <div class="room-blank">
      <p>{children}</p>
    </div>
  );
}
