// A page of sections, with a bar that names the current one and lists all.
import type { ComponentChildren, ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { linkTo, roomName, settings } from '../../address.ts';
import { UnreadableSettings } from '../../parts/RoomHead.tsx';
import './how.css';

/** A section. */
export interface Section {
  /** Its name in the address. */
  readonly name: string;
  readonly title: string;
  readonly Body: ComponentType;
  /** Only the figure; some can begin by themselves. */
  readonly Figure: ComponentType<{ readonly starts?: boolean }>;
}

interface ChapterProps {
  readonly title: string;
  readonly sections: readonly Section[];
  /** What the page is about. */
  readonly lead: ComponentChildren;
  /** What follows the last section. */
  readonly children?: ComponentChildren;
}

/** A chapter; the setting `section` scrolls to one. */
export function Chapter({ title, sections, lead, children }: ChapterProps) {
  const { section } = settings.value;
  useEffect(() => {
    if (section !== undefined) {
      show(section);
    }
  }, [section]);
  return (
    <article class="how">
      <header>
        <h1>{title}</h1>
        <p class="how-lead">{lead}</p>
      </header>
      {section !== undefined && !sections.some(({ name }) => name === section) && (
        <UnreadableSettings settings={[`section=${section}`]} />
      )}
      <Contents sections={sections} />
      {sections.map(({ name, title: sectionTitle, Body }) => (
        <section key={name} id={`how-${name}`} aria-labelledby={`how-${name}-title`}>
          <h2 id={`how-${name}-title`} tabIndex={-1}>
            {sectionTitle}
          </h2>
          <Body />
        </section>
      ))}
      {children}
    </article>
  );
}

/** The bar: the current section, and a list that opens over the page. */
function Contents({ sections }: { sections: readonly Section[] }) {
  const bar = useRef<HTMLDetailsElement>(null);
  const current = useCurrent(sections);
  const index = sections.findIndex(({ name }) => name === current);
  useEffect(() => {
    const close = ({ target, key }: Event & { key?: string }): void => {
      const isInside = bar.current!.contains(target as Node);
      if (key === 'Escape' && bar.current!.open && isInside) {
        bar.current!.querySelector('summary')!.focus();
      }
      if (key === 'Escape' || (key === undefined && !isInside)) {
        bar.current!.open = false;
      }
    };
    addEventListener('pointerdown', close);
    addEventListener('keydown', close);
    return () => {
      removeEventListener('pointerdown', close);
      removeEventListener('keydown', close);
    };
  }, []);
  return (
    <details class="how-contents" ref={bar}>
      <summary>
        <span class="quiet">Contents</span>
        {index >= 0 && (
          <>
            <span class="quiet">
              {index + 1} of {sections.length}
            </span>
            <span class="how-contents-current">{sections[index]!.title}</span>
          </>
        )}
      </summary>
      <nav aria-label="Sections">
        <ol class="how-contents-list">
          {sections.map(({ name, title }) => (
            <li key={name}>
              <a
                href={linkTo(roomName.value, { ...settings.value, section: name })}
                aria-current={name === current ? 'location' : undefined}
                onClick={() => {
                  bar.current!.open = false;
                  // Tab continues from the heading.
                  show(name)?.querySelector('h2')?.focus({ preventScroll: true });
                }}
              >
                {title}
              </a>
            </li>
          ))}
        </ol>
      </nav>
    </details>
  );
}

/** The name of the section at a line in the upper part of the window; undefined above the first. */
function useCurrent(sections: readonly Section[]): string | undefined {
  const [current, setCurrent] = useState<string>();
  useEffect(() => {
    const crossing = new Set<Element>();
    const elements = sections.map(({ name }) => document.getElementById(`how-${name}`)!);
    const observer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          crossing[isIntersecting ? 'add' : 'delete'](target);
        }
        setCurrent(sections[elements.findLastIndex((element) => crossing.has(element))]?.name);
      },
      { rootMargin: '-25% 0px -75% 0px' },
    );
    for (const element of elements) {
      observer.observe(element);
    }
    return () => observer.disconnect();
  }, [sections]);
  return current;
}

/** Scrolls to a section: a link to the current address doesn't change the settings. */
function show(section: string): HTMLElement | null {
  const element = document.getElementById(`how-${section}`);
  element?.scrollIntoView();
  return element;
}
