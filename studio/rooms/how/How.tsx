// The room How it works: an essay about flows, which ends with emerging convolutions.
import { linkTo } from '../../address.ts';
import { Chapter } from './Chapter.tsx';
import { essay } from './essay.ts';

/** Where to go next. */
const places = [
  { room: 'draw', title: 'Draw', text: 'Turn noise into digits with a trained model.' },
  { room: 'inside', title: 'Inside', text: 'Follow a digit to its noise, stage by stage, and edit it.' },
  { room: 'train', title: 'Train', text: 'Train a flow in this page.' },
  { room: 'how/layers', title: 'Layers', text: 'Every layer, with a figure, its formula and its code.' },
];

/** The room. */
export function How() {
  return (
    <Chapter
      title="How it works"
      sections={essay}
      lead={
        <>
          A normalizing flow turns data into noise by steps that can be undone, so it knows how likely
          everything is. Five figures show how; each computes what it shows. Every{' '}
          <a href={linkTo('how/layers')}>layer</a> has a page of its own.
        </>
      }
    >
      <nav class="how-places" aria-labelledby="how-places-title">
        <h2 id="how-places-title">Where to go next</h2>
        <ul class="how-places-list">
          {places.map(({ room, title, text }) => (
            <li key={room}>
              <a href={linkTo(room)}>{title}</a>
              <span>{text}</span>
            </li>
          ))}
        </ul>
      </nav>
    </Chapter>
  );
}
