// The head of a room.
import type { ComponentChildren } from 'preact';
import './room.css';

/** The title of a room, and a few sentences on what it is for. */
export function RoomHead({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <header class="room-head">
      <h1>{title}</h1>
      <p>{children}</p>
    </header>
  );
}
