// A series' dot: its colour and shape.
import { markClass, pointForm } from '../../../src/pictures/plotMarks.ts';

/** A dot at a position in an SVG. */
export function Dot({ hue, x, y }: { hue: number; x: number; y: number }) {
  return <path class={markClass('dot', hue)} d={pointForm(hue)} transform={`translate(${x} ${y})`} />;
}
