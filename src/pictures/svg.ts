// Elements of an SVG as plain data, for files and for pages.

/** An element, with attributes as an SVG names them. */
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
export function svgText({ tag, attributes, children }: SvgElement): string {
  const written = Object.entries(attributes).map(([name, value]) => ` ${name}="${escaped(String(value))}"`);
  const inside = children.map((child) => (typeof child === 'string' ? escaped(child) : svgText(child)));
  return `<${tag}${written.join('')}>${inside.join('')}</${tag}>`;
}

/** A length or coordinate in hundredths of a pixel. */
export function pixels(value: number): number {
  return Math.round(100 * value) / 100;
}

function escaped(text: string): string {
  return text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
