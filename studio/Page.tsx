// The frame around the rooms: the header with their names, and the room that is open.
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { enter, lastSettings, linkTo, roomName } from './address.ts';
import { chosenPath } from './models.ts';
import { Notice } from './parts/Notice.tsx';
import { ThemeSwitch } from './parts/ThemeSwitch.tsx';
import { type Room, rooms } from './rooms.ts';

/** The page. */
export function Page() {
  const room = rooms.find(({ name }) => name === roomName.value);
  useEffect(() => {
    if (roomName.value === '') {
      enter(rooms[0].name);
    }
  }, [roomName.value]);
  // A model that was chosen in one room is the model of the next.
  const kept = chosenPath.value === undefined ? {} : { model: chosenPath.value };
  return (
    <>
      <header class="page-header">
        <a class="wordmark" href={linkTo(rooms[0].name)}>
          <img src="./icon.svg" alt="" width="24" height="24" />
          Emerging studio
        </a>
        <nav aria-label="Rooms">
          {rooms.map(({ name, title }) => (
            <a
              key={name}
              // Who returns to a room finds it as it was; that of the open one begins anew.
              href={linkTo(name, room?.name === name ? kept : { ...lastSettings(name), ...kept })}
              aria-current={room?.name === name ? 'page' : undefined}
            >
              {title}
            </a>
          ))}
        </nav>
        <ThemeSwitch />
      </header>
      <main>
        {room ? (
          <OpenRoom key={room.name} room={room} />
        ) : (
          roomName.value !== '' && <Notice>There is no room “{roomName.value}”.</Notice>
        )}
      </main>
    </>
  );
}

/** A room, once it is loaded. */
function OpenRoom({ room }: { room: Room }) {
  const [Inside, setInside] = useState<ComponentType>();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    document.title = `${room.title} · Emerging studio`;
    room.load().then(
      (loaded) => setInside(() => loaded),
      () => setFailed(true),
    );
  }, [room]);
  if (failed) {
    return (
      <Notice>This room cannot be loaded: is the studio still running? Then load the page again.</Notice>
    );
  }
  return Inside ? <Inside /> : null;
}
