// Where the page is: a room and its settings, in the hash of the URL, so that a link shows the same.
import { computed, effect, signal } from '@preact/signals';

/** Settings of a room by name, as text. `model` means the same in every room. */
export type Settings = Readonly<Record<string, string>>;

/** Browsers refuse too many changes of the URL; those of a moving slider are put together. */
const REST_MS = 200;

const current = signal(read());
let timer: ReturnType<typeof setTimeout> | undefined;

/** The name of the room in the address; empty if it names none. */
export const roomName = computed(() => current.value.room);

/** The settings in the address. */
export const settings = computed(() => current.value.settings);

/** The settings of each room that was open in this page. */
const last = new Map<string, Settings>();
effect(() => {
  last.set(current.value.room, current.value.settings);
});

/** The settings that a room had when it was left; none if it was not open in this page. */
export function lastSettings(room: string): Settings {
  return last.get(room) ?? {};
}

/** The link to a room with these settings: `#/draw?seed=3`. */
export function linkTo(room: string, chosen: Settings = {}): string {
  // Slashes are allowed there, and easier to read.
  const query = new URLSearchParams(chosen).toString().replaceAll('%2F', '/');
  return `#/${room}${query === '' ? '' : `?${query}`}`;
}

/** Changes settings of the room that is open, without a step in the browser's history. */
export function changeSettings(changes: Settings): void {
  const { room, settings: before } = current.value;
  current.value = { room, settings: { ...before, ...changes } };
  clearTimeout(timer);
  timer = setTimeout(writeChanges, REST_MS);
}

/** Brings changed settings into the URL now. */
function writeChanges(): void {
  clearTimeout(timer);
  timer = undefined;
  history.replaceState(null, '', linkTo(current.value.room, current.value.settings));
}

/** Opens a room by its name, in place of an address that names none. */
export function enter(room: string): void {
  current.value = { ...current.value, room };
  writeChanges();
}

// Before a link is followed: the browser's step back leads to the last settings, and no later change undoes the link.
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
  const [path = '', query = ''] = location.hash.split('?');
  return {
    room: path.replace(/^#\/?/, ''),
    settings: Object.fromEntries(new URLSearchParams(query)),
  };
}
