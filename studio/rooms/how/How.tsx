// The room How it works: emerging convolutions explained, with figures that compute what they show.
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { linkTo, settings } from '../../address.ts';
import { Corners } from './sections/Corners.tsx';
import { Flow } from './sections/Flow.tsx';
import { Frequencies } from './sections/Frequencies.tsx';
import { Inverse } from './sections/Inverse.tsx';
import { Levels } from './sections/Levels.tsx';
import { Pointwise } from './sections/Pointwise.tsx';
import { Triangles } from './sections/Triangles.tsx';
import './how.css';

interface Section {
  /** Its name in the address. */
  readonly name: string;
  readonly title: string;
  readonly Body: ComponentType;
}

const sections: readonly Section[] = [
  { name: 'flows', title: 'What a normalizing flow is', Body: Flow },
  { name: 'corners', title: 'Two corners that see everything', Body: Corners },
  { name: 'triangles', title: 'Why each corner is triangular', Body: Triangles },
  { name: 'inverse', title: 'The inverse, one anti-diagonal at a time', Body: Inverse },
  { name: 'periodic', title: 'Periodic convolutions', Body: Frequencies },
  { name: 'pointwise', title: 'Mixing channels: 1 × 1 convolutions', Body: Pointwise },
  { name: 'model', title: 'How it all fits together', Body: Levels },
];

/** The room. */
export function How() {
  const { section } = settings.value;
  useEffect(() => {
    if (section !== undefined) {
      show(section);
    }
  }, [section]);
  return (
    <article class="how">
      <header>
        <h1>How it works</h1>
        <p class="how-lead">
          An emerging convolution sees as much as an ordinary one, and yet it can be inverted, and its
          determinant can be read off. Here is why, from the first idea to the whole model. Every figure
          computes what it shows; the code beside the formulas is the code of this library.
        </p>
        <nav aria-label="Sections">
          <ol>
            {sections.map(({ name, title }) => (
              <li key={name}>
                <a href={linkTo('how', { ...settings.value, section: name })} onClick={() => show(name)}>
                  {title}
                </a>
              </li>
            ))}
          </ol>
        </nav>
      </header>
      {sections.map(({ name, title, Body }) => (
        <section key={name} id={`how-${name}`} aria-labelledby={`how-${name}-title`}>
          <h2 id={`how-${name}-title`}>{title}</h2>
          <Body />
        </section>
      ))}
    </article>
  );
}

/** Scrolls to a section; a link to where the address already is changes nothing else. */
function show(section: string): void {
  document.getElementById(`how-${section}`)?.scrollIntoView();
}
