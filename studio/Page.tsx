// The page's frame: the header with links to all rooms, and the open room.
import { effect } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { enter, lastSettings, linkTo, roomName } from './address.ts';
import { chosenPath } from './models.ts';
import { Loaded } from './parts/Loaded.tsx';
import { Notice } from './parts/Notice.tsx';
import { type Room, rooms } from './rooms.ts';
import { chooseTheme, shownTheme } from './theme.ts';
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

// Set before any canvas is drawn in its colours.
effect(() => {
  document.documentElement.dataset.theme = shownTheme.value;
});

// A link to another room opens it at its top; Back returns to where the reader was.
addEventListener('click', ({ target, ctrlKey, metaKey, shiftKey }) => {
  const link = target instanceof Element && target.closest('a[href^="#/"]');
  const isHere = link && link.getAttribute('href')!.slice(2).split('?')[0] === roomName.value;
  if (link && !isHere && !ctrlKey && !metaKey && !shiftKey) {
    addEventListener('hashchange', () => scrollTo(0, 0), { once: true });
  }
});

// A file dropped where nothing takes it would replace the page.
for (const type of ['dragover', 'drop'] as const) {
  addEventListener(type, (event) => {
    if (event.dataTransfer?.types.includes('Files')) {
      event.preventDefault();
    }
  });
}

/** Switches between light and dark. */
function ThemeSwitch() {
  const otherTheme = shownTheme.value === 'dark' ? 'light' : 'dark';
  return (
    <button
      type="button"
      class="theme-switch"
      aria-label={`Use the ${otherTheme} theme`}
      title={`Use the ${otherTheme} theme`}
      onClick={() => chooseTheme(otherTheme)}
    >
      <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
        <circle cx="10" cy="10" r="7" fill="none" stroke="currentColor" stroke-width="1.6" />
        <path d="M10 3a7 7 0 0 1 0 14z" fill="currentColor" />
      </svg>
    </button>
  );
}
