// The open room and its settings, kept in the URL's hash so that links restore them.
import { computed, effect, signal } from '@preact/signals';

/** A room's settings by name, as text; `model` means the same in every room. */
export type Settings = Readonly<Record<string, string>>;

/** Minimum interval between changes of the URL: browsers refuse frequent ones, as from a moving slider. */
const INTERVAL_MS = 200;

/** The hash when it was last read or written. */
let currentHash = location.hash;
const current = signal(read());
let timer: ReturnType<typeof setTimeout> | undefined;

/** The room's name in the address, or an empty string. */
export const roomName = computed(() => current.value.room);

/** The settings in the address. */
export const settings = computed(() => current.value.settings);

/** The last settings of each room visited since the page was loaded. */
const last = new Map<string, Settings>();
effect(() => {
  last.set(current.value.room, current.value.settings);
});

/** A room's last settings; empty if it hasn't been visited. */
export function lastSettings(room: string): Settings {
  return last.get(room) ?? {};
}

/** The link to a room with these settings: `#/draw?seed=3`. */
export function linkTo(room: string, chosen: Settings = {}): string {
  // Slashes are allowed in a hash, and easier to read.
  const query = new URLSearchParams(chosen).toString().replaceAll('%2F', '/');
  return `#/${room}${query === '' ? '' : `?${query}`}`;
}

/** Changes the open room's settings without adding to the browser's history. */
export function changeSettings(changes: Settings): void {
  const { room, settings: before } = current.value;
  current.value = { room, settings: { ...before, ...changes } };
  clearTimeout(timer);
  timer = setTimeout(writeChanges, INTERVAL_MS);
}

/** Writes changed settings to the URL immediately. Not over another address, whose event is still to come. */
function writeChanges(): void {
  clearTimeout(timer);
  timer = undefined;
  if (location.hash === currentHash) {
    history.replaceState(history.state, '', linkTo(current.value.room, current.value.settings));
    currentHash = location.hash;
  }
}

/** Opens a room without adding to the browser's history. */
export function enter(room: string): void {
  current.value = { ...current.value, room };
  writeChanges();
}

// Before following a link, so that going back restores the last settings and the pending write can't undo the link.
addEventListener(
  'click',
  () => {
    if (timer !== undefined) {
      writeChanges();
    }
  },
  { capture: true },
);

addEventListener('hashchange', () => {
  clearTimeout(timer);
  timer = undefined;
  current.value = read();
});

function read(): { readonly room: string; readonly settings: Settings } {
  currentHash = location.hash;
  const [path = '', query = ''] = location.hash.split('?');
  return {
    room: path.replace(/^#\/?/, ''),
    settings: Object.fromEntries(new URLSearchParams(query)),
  };
}
