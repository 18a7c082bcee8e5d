// A room's heading.
import type { ComponentChildren } from 'preact';
import './room.css';

/** A room's title and a sentence or two about its purpose. */
export function RoomHead({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <header class="room-head">
      <h1>{title}</h1>
      <p>{children}</p>
    </header>
  );
}
