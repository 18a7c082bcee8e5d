// The dot of a series: each colour has a form of its own, for those who do not see colours.
const forms = [
  'M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0',
  'M-3.6-3.6h7.2v7.2h-7.2z',
  'M0-4.8L4.6 3.4H-4.6z',
  'M0-5L5 0L0 5L-5 0z',
  'M0 4.8L4.6-3.4H-4.6z',
  'M-4.5-1.5h3v-3h3v3h3v3h-3v3h-3v-3h-3z',
] as const;

/** A dot at a place of the plot. */
export function Dot({ hue, x, y }: { hue: number; x: number; y: number }) {
  return (
    <path
      class="plot-dot"
      d={forms[hue % forms.length]!}
      transform={`translate(${x.toFixed(1)} ${y.toFixed(1)})`}
    />
  );
}
