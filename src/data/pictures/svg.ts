// Elements of an SVG or of a page as plain data, for files and for the studio.

/** An element, with attributes as an SVG or HTML names them. */
export interface SvgElement {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly children: readonly (SvgElement | string)[];
}

/** An element, with numbers rounded to what a picture shows. */
export function element(
  tag: string,
  attributes: SvgElement['attributes'],
  ...children: SvgElement['children']
): SvgElement {
  const rounded = Object.entries(attributes).map(([name, value]) => [
    name,
    typeof value === 'number' ? pixels(value) : value,
  ]);
  return { tag, attributes: Object.fromEntries(rounded), children };
}

/** An element as text. */
export function svgText(svg: SvgElement): string {
  return elementText(svg, []);
}

function elementText({ tag, attributes, children }: SvgElement, withoutEnd: readonly string[]): string {
  const written = Object.entries(attributes).map(([name, value]) => ` ${name}="${escaped(String(value))}"`);
  const inside = children.map((child) =>
    typeof child === 'string' ? escaped(child) : elementText(child, withoutEnd),
  );
  return `<${tag}${written.join('')}>${inside.join('')}${withoutEnd.includes(tag) ? '' : `</${tag}>`}`;
}

/** A length or coordinate in hundredths of a pixel. */
export function pixels(value: number): number {
  return Math.round(100 * value) / 100;
}

/** The elements of HTML that have no end. */
const voidTags: readonly string[] = ['br', 'img', 'link', 'meta'];

/** A page of HTML as text; no text inside its style may need escaping. */
export function htmlText(html: SvgElement): string {
  return `<!doctype html>\n${elementText(html, voidTags)}\n`;
}

function escaped(text: string): string {
  return text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
