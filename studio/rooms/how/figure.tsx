// A single figure of the room How it works, to embed in another page: figure.html#corners.
import { render } from 'preact';
import '../../look/tokens.css';
import '../../look/page.css';
import { roomName } from '../../address.ts';
import { Notice } from '../../parts/Notice.tsx';
import { essay } from './essay.ts';
import { layers } from './reference.ts';
import './how.css';

// Settings may follow the name, as in the address of a room.
const name = roomName.value;
const section = [...essay, ...layers].find((candidate) => candidate.name === name);
if (section) {
  document.title = section.title;
}
render(
  section ? <section.Figure /> : <Notice>There is no figure “{name}”.</Notice>,
  document.querySelector('#figure')!,
);
