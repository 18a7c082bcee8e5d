// The page's frame: the header with links to all rooms, and the open room.
import { signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { enter, lastSettings, linkTo, roomName } from './address.ts';
import { chosenPath } from './models.ts';
import { Loaded } from './parts/Loaded.tsx';
import { Notice } from './parts/Notice.tsx';
import { type Room, rooms } from './rooms.ts';
import './parts/theme-switch.css';

/** The address of the documentation, where a site has both. */
const documents = document.querySelector<HTMLMetaElement>('meta[name="documents"]')?.content;

/** The page. */
export function Page() {
  const room = rooms.find(({ name }) => name === roomName.value);
  // Before the first frame, which is empty.
  useLayoutEffect(() => {
    if (roomName.value === '') {
      enter(rooms[0].name);
    } else if (room === undefined) {
      document.title = 'No such page · Emerging studio';
    }
  }, [roomName.value]);
  const main = useRef<HTMLElement>(null);
  // The chosen model carries over to other rooms.
  const modelSetting = chosenPath.value === undefined ? {} : { model: chosenPath.value };
  return (
    <>
      {/* Not a link to the content: the address names the page. */}
      <button type="button" class="button skip" onClick={() => main.current!.focus()}>
        Skip to the content
      </button>
      <header class="page-header">
        <a class="wordmark" href={linkTo(rooms[0].name)}>
          <img src="./icon.svg" alt="" width="24" height="24" />
          Emerging studio
        </a>
        <nav class="header-links" aria-label="Pages">
          {rooms
            .filter(({ pageOf }) => pageOf === undefined)
            .map(({ name, title }) => (
              <a
                key={name}
                // Other rooms restore their settings; this link resets the current one.
                href={linkTo(
                  name,
                  room?.name === name ? modelSetting : { ...lastSettings(name), ...modelSetting },
                )}
                aria-current={(room?.pageOf ?? room?.name) === name ? 'page' : undefined}
              >
                {title}
              </a>
            ))}
        </nav>
        {documents !== undefined && (
          <div class="header-links">
            <a href={documents}>Docs</a>
          </div>
        )}
        <ThemeSwitch />
      </header>
      <main ref={main} tabIndex={-1}>
        {room ? (
          <OpenRoom key={room.name} room={room} />
        ) : (
          roomName.value !== '' && (
            <>
              <h1>No such page</h1>
              <Notice>There is no page “{roomName.value}”.</Notice>
              <p>
                <a href={linkTo(rooms[0].name)}>Go to {rooms[0].title}</a>
              </p>
            </>
          )
        )}
      </main>
    </>
  );
}

/** Loads a room and shows it. */
function OpenRoom({ room }: { room: Room }) {
  useEffect(() => {
    document.title = `${room.title} · Emerging studio`;
  }, [room]);
  return <Loaded load={room.load} />;
}

type Theme = 'light' | 'dark';

const systemIsDark = matchMedia('(prefers-color-scheme: dark)');
const KEY = 'studio-theme';

const chosen = signal(remembered());
const system = signal<Theme>(systemIsDark.matches ? 'dark' : 'light');
systemIsDark.addEventListener('change', ({ matches }) => {
  system.value = matches ? 'dark' : 'light';
});

/** Switches between light and dark. */
function ThemeSwitch() {
  const shown = chosen.value ?? system.value;
  useEffect(() => {
    document.documentElement.dataset.theme = shown;
  }, [shown]);
  const otherTheme = shown === 'dark' ? 'light' : 'dark';
  return (
    <button
      type="button"
      class="theme-switch"
      aria-label={`Use the ${otherTheme} theme`}
      title={`Use the ${otherTheme} theme`}
      onClick={() => choose(otherTheme)}
    >
      <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
        <circle cx="10" cy="10" r="7" fill="none" stroke="currentColor" stroke-width="1.6" />
        <path d="M10 3a7 7 0 0 1 0 14z" fill="currentColor" />
      </svg>
    </button>
  );
}

function choose(theme: Theme): void {
  // Choosing the system's theme follows the system again.
  chosen.value = theme === system.value ? undefined : theme;
  try {
    if (chosen.value === undefined) {
      localStorage.removeItem(KEY);
    } else {
      localStorage.setItem(KEY, theme);
    }
  } catch {
    // Storage is blocked: the theme lasts until the page closes.
  }
}

function remembered(): Theme | undefined {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === 'light' || stored === 'dark' ? stored : undefined;
  } catch {
    return undefined;
  }
}
