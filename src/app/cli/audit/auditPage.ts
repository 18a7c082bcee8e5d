// The page of an audit: one file of HTML that needs no other, and no script.

import { visibleText } from '../../../core/errors.ts';
import { element, htmlText, type SvgElement } from '../../../data/pictures/index.ts';
import type { Audit } from '../../../uses/odd/audit/index.ts';
import { formatCount } from '../terminal/format.ts';
import type { AuditSection, ShownGroup, ShownImage } from './section.ts';
import type { Thumbnail } from './thumbnails.ts';

/** The contents of the page. */
interface AuditPage {
  /** The name of the dataset. */
  readonly name: string;
  /** One line on the number of images, and more about how they were opened. */
  readonly about: readonly string[];
  readonly sections: readonly AuditSection[];
  readonly images: Audit['images'];
  readonly thumbnails: ReadonlyMap<number, Thumbnail>;
}

/** Small images are enlarged by whole factors up to this side, in pixels. */
const COMFORTABLE = 96;

/** The page as HTML. */
export function auditPage({ name, about, sections, images, thumbnails }: AuditPage): string {
  const title = `Audit of ${visibleText(name)}`;
  // Only what the page itself contains may be loaded, whatever is in the names of files.
  const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
  return htmlText(
    element(
      'html',
      { lang: 'en' },
      element(
        'head',
        {},
        element('meta', { charset: 'utf-8' }),
        element('meta', { 'http-equiv': 'Content-Security-Policy', content: policy }),
        element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
        element('title', {}, title),
        element('style', {}, auditStyle),
      ),
      element(
        'body',
        {},
        element(
          'main',
          {},
          element('h1', {}, title),
          ...about.map((line) => paragraph(line)),
          summary(sections),
          ...sections.map((section) => sectionElement(section, images, thumbnails)),
        ),
      ),
    ),
  );
}

function paragraph(text: string, look?: string): SvgElement {
  return element('p', look === undefined ? {} : { class: look }, visibleText(text));
}

function summary(sections: readonly AuditSection[]): SvgElement {
  const rows = sections.map(({ id, title, found: summaryText, attention }) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, element('a', { href: `#${id}` }, title)),
      element('td', attention ? { class: 'look' } : {}, visibleText(summaryText)),
    ),
  );
  return element('table', {}, element('tbody', {}, ...rows));
}

function sectionElement(
  {
    id,
    title,
    found: summaryText,
    attention,
    about,
    next,
    lines = [],
    notes = [],
    groups,
    moreGroups = 0,
  }: AuditSection,
  images: Audit['images'],
  thumbnails: AuditPage['thumbnails'],
): SvgElement {
  return element(
    'section',
    { id, 'aria-labelledby': `${id}-title` },
    element('h2', { id: `${id}-title` }, title),
    paragraph(summaryText, attention ? 'found look' : 'found'),
    ...about.map((text) => paragraph(text, 'quiet')),
    ...(next === undefined ? [] : [paragraph(`What to do next: ${next}`, 'next')]),
    ...(lines.length + notes.length === 0
      ? []
      : [
          element(
            'ul',
            { class: 'lines' },
            ...[...lines, ...notes].map((line) => element('li', {}, visibleText(line))),
          ),
        ]),
    element('div', { class: 'groups' }, ...groups.map((group) => groupElement(group, images, thumbnails))),
    ...(moreGroups > 0
      ? [paragraph(`and ${formatCount(moreGroups)} more groups; --top shows more`, 'quiet')]
      : []),
  );
}

function groupElement(
  { title, images: shown, more }: ShownGroup,
  images: Audit['images'],
  thumbnails: AuditPage['thumbnails'],
): SvgElement {
  return element(
    'div',
    { class: 'group' },
    ...(title === undefined ? [] : [element('h3', {}, visibleText(title))]),
    element(
      'ul',
      { class: 'images' },
      ...shown.map((candidate) =>
        element('li', {}, figure(candidate, images[candidate.image]!.name, thumbnails.get(candidate.image))),
      ),
    ),
    ...(more > 0 ? [paragraph(`and ${formatCount(more)} more`, 'quiet')] : []),
  );
}

function figure({ note }: ShownImage, name: string, thumbnail: Thumbnail | undefined): SvgElement {
  const picture = ({ source, width, height }: Thumbnail): SvgElement => {
    const scale = Math.max(1, Math.floor(COMFORTABLE / Math.max(width, height)));
    // The name is next to it.
    return element('img', { src: source, alt: '', width: scale * width, height: scale * height });
  };
  return element(
    'figure',
    {},
    element('div', { class: 'frame' }, ...(thumbnail ? [picture(thumbnail)] : ['unreadable'])),
    element(
      'figcaption',
      {},
      visibleText(name),
      ...(note === undefined
        ? []
        : [element('br', {}), element('span', { class: 'quiet' }, visibleText(note))]),
    ),
  );
}

/** CSS without characters that HTML would need escaped. */
const auditStyle = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#fdfcfa, #15171a);
  --raised: light-dark(#f3f1ec, #1f2226);
  --edge: light-dark(#d6d2c9, #3a3f45);
  --ink: light-dark(#1f1e1b, #e9e6e0);
  --quiet: light-dark(#625f58, #a5a29b);
  --accent: light-dark(#0d6b66, #6fcfc2);
  --warning: light-dark(#ab4a08, #f0b35a);
}
* { box-sizing: border-box; }
body {
  margin: 0 auto;
  max-width: 72rem;
  padding: 1rem;
  background: var(--paper);
  color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif;
  overflow-wrap: anywhere;
}
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0.5rem 0; }
h2 { font-size: 1.25rem; margin: 0 0 0.25rem; }
h3 { font-size: 1rem; margin: 0 0 0.5rem; font-weight: 600; }
p { margin: 0.4rem 0; max-width: 46rem; }
a { color: var(--accent); }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; max-width: 46rem; margin: 1rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.75rem 0.35rem 0; border-bottom: 1px solid var(--edge); }
th { font-weight: 400; width: 13rem; }
section { border-top: 1px solid var(--edge); padding: 1.25rem 0; }
.found { font-weight: 600; }
.look { color: var(--warning); }
.quiet { color: var(--quiet); }
.next { border-left: 3px solid var(--accent); padding-left: 0.75rem; }
.groups { display: flex; flex-wrap: wrap; gap: 0.75rem; margin: 1rem 0; }
.group { flex: 0 1 auto; min-width: min(100%, 18rem); padding: 0.75rem; background: var(--raised); border-radius: 0.5rem; }
.images { display: flex; flex-wrap: wrap; gap: 0.75rem; margin: 0; padding: 0; list-style: none; }
.images li { width: 7.5rem; }
figure { margin: 0; font-size: 0.8rem; line-height: 1.35; }
.frame { display: flex; align-items: center; justify-content: center; height: 100px; margin-bottom: 0.25rem; background: var(--paper); border: 1px solid var(--edge); border-radius: 0.25rem; }
figure img { display: block; max-width: 96px; max-height: 96px; image-rendering: pixelated; }
.lines { padding-left: 1.25rem; margin: 0.5rem 0; }
@media (max-width: 30rem) {
  th { width: 40%; }
  .group { width: 100%; }
  .images { gap: 0.6rem; }
  .images li { width: calc(50% - 0.3rem); }
}
`;
