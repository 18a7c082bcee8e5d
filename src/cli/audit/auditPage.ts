// The page of an audit: one file of HTML that needs no other, and no script.
import type { Audit } from '../../evaluation/audit/audit.ts';
import { element, htmlText, type SvgElement } from '../../pictures/svg.ts';
import { visibleText } from '../../visibleText.ts';
import { formatCount } from '../terminal/format.ts';
import { auditStyle } from './auditStyle.ts';
import type { AuditSection, ShownGroup, ShownImage } from './section.ts';
import type { Thumbnail } from './thumbnails.ts';

/** The contents of the page. */
export interface AuditPage {
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
  const rows = sections.map(({ id, title, found, attention }) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, element('a', { href: `#${id}` }, title)),
      element('td', attention ? { class: 'look' } : {}, visibleText(found)),
    ),
  );
  return element('table', {}, element('tbody', {}, ...rows));
}

function sectionElement(
  { id, title, found, attention, about, next, lines = [], notes = [], groups, moreGroups = 0 }: AuditSection,
  images: Audit['images'],
  thumbnails: AuditPage['thumbnails'],
): SvgElement {
  return element(
    'section',
    { id, 'aria-labelledby': `${id}-title` },
    element('h2', { id: `${id}-title` }, title),
    paragraph(found, attention ? 'found look' : 'found'),
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
      ...shown.map((one) =>
        element('li', {}, figure(one, images[one.image]!.name, thumbnails.get(one.image))),
      ),
    ),
    ...(more > 0 ? [paragraph(`and ${formatCount(more)} more`, 'quiet')] : []),
  );
}

function figure({ note }: ShownImage, name: string, thumbnail: Thumbnail | undefined): SvgElement {
  const picture = ({ source, width, height }: Thumbnail): SvgElement => {
    const scale = Math.max(1, Math.floor(COMFORTABLE / Math.max(width, height)));
    // The name is beside it.
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
