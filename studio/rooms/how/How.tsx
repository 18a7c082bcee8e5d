// The room How it works: an interactive explanation of emerging convolutions and the other layers.
import { useEffect, useRef } from 'preact/hooks';
import { linkTo, settings } from '../../address.ts';
import { sections } from './sections.ts';
import './how.css';

/** The room. */
export function How() {
  const { section } = settings.value;
  const contents = useRef<HTMLDetailsElement>(null);
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
          A normalizing flow turns data into noise by invertible steps, and so knows the exact density of
          everything. This page shows how: first in two dimensions, then for images, with emerging
          convolutions. They see as much as ordinary ones, yet are invertible, with a determinant that can be
          read off. Every figure computes what it shows; the code next to the formulas is this library's.
        </p>
      </header>
      <details class="how-contents" ref={contents}>
        <summary>Contents</summary>
        <nav aria-label="Sections">
          <ol>
            {sections.map(({ name, title }) => (
              <li key={name}>
                <a
                  href={linkTo('how', { ...settings.value, section: name })}
                  onClick={() => {
                    contents.current!.open = false;
                    show(name);
                  }}
                >
                  {title}
                </a>
              </li>
            ))}
          </ol>
        </nav>
      </details>
      {sections.map(({ name, title, Body }) => (
        <section key={name} id={`how-${name}`} aria-labelledby={`how-${name}-title`}>
          <h2 id={`how-${name}-title`}>{title}</h2>
          <Body />
        </section>
      ))}
    </article>
  );
}

/** Scrolls to a section: a link to the current address doesn't change the settings. */
function show(section: string): void {
  document.getElementById(`how-${section}`)?.scrollIntoView();
}
