// What a room shows where nothing is to be seen yet.
import type { ComponentChildren } from 'preact';
import './room.css';

/** A sentence about what will appear here, and how. */
export function Blank({ children }: { children: ComponentChildren }) {
  return (
    <div class="room-blank">
      <p>{children}</p>
    </div>
  );
}
