// A room's heading.
import type { ComponentChildren } from 'preact';
import './room.css';

interface RoomHeadProps {
  readonly title: string;
  /** A sentence or two about its purpose. */
  readonly children: ComponentChildren;
}

/** A room's title and purpose. */
export function RoomHead({ title, children }: RoomHeadProps) {
  return (
    <header class="room-head">
      <h1>{title}</h1>
      <p>{children}</p>
    </header>
  );
}
