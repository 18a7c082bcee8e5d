// A room's heading.
import type { ComponentChildren } from 'preact';
import { settings } from '../address.ts';
import { ShareButton, type Shared } from '../share/ShareButton.tsx';
import { Notice } from './Notice.tsx';
import './room.css';

interface RoomHeadProps {
  readonly title: string;
  /** A sentence or two about its purpose. */
  readonly children: ComponentChildren;
  /** The settings in the address that are invalid or unknown. */
  readonly unreadable?: readonly string[];
  /** Returns the content to share; by default a link with the room's settings. */
  share?(): Shared | Promise<Shared>;
}

/** A room's title and purpose, and the button that shares it. */
export function RoomHead({ title, children, unreadable = [], share }: RoomHeadProps) {
  return (
    <header class="room-head">
      <div class="room-title">
        <h1>{title}</h1>
        <ShareButton offer={share ?? (() => ({ settings: settings.value }))} />
      </div>
      <p>{children}</p>
      <UnreadableSettings settings={unreadable} />
    </header>
  );
}

/** Names the settings that an address can't be read in; nothing without any. */
export function UnreadableSettings({ settings: unreadable }: { settings: readonly string[] }) {
  if (unreadable.length === 0) {
    return null;
  }
  const quoted = unreadable.map((setting) => `“${setting}”`).join(', ');
  return (
    <Notice>
      This page can’t use {quoted} in its address, and ignores {unreadable.length === 1 ? 'it' : 'them'}.
    </Notice>
  );
}
