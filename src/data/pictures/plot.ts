// A plot as plain data: its axes and series.

/** A plot of one or more series over common axes. */
export interface Plot {
  /** Shown above the plot; none by default. */
  readonly title?: string;
  /** Shown below the title, in smaller type. */
  readonly subtitle?: string;
  readonly x: PlotAxis;
  readonly y: PlotAxis;
  /** In the order of the legend, which is left out for a single series. */
  readonly series: readonly PlotSeries[];
  /** Width of the SVG in pixels, axes and margins included; 720 by default. A PNG has twice as many. */
  readonly width?: number;
  /** Height, likewise; 400 by default. */
  readonly height?: number;
}

/** One axis of a plot. */
export interface PlotAxis {
  /** The quantity along it. */
  readonly label: string;
  /** Its unit, shown after the label: `bits/dim`, `ms`. */
  readonly unit?: string;
  /** Whether it is logarithmic (base 10). */
  readonly log?: boolean;
  /** The values at its ends; by default, the range of the series. Points outside are clipped. */
  readonly range?: readonly [least: number, most: number];
  /** Where the tick labels are: at round numbers (the default), or at the values of the points. */
  readonly ticks?: 'round' | 'own';
}

/** Points that belong together, drawn in one colour. */
export interface PlotSeries {
  /** What the legend calls it. */
  readonly name: string;
  /** Whether it is omitted from the legend, because another series identifies it. */
  readonly unlisted?: boolean;
  readonly kind: 'line' | 'points' | 'line and points';
  /** In the order of the line that joins them. A y that is NaN or infinite is omitted and breaks the line. */
  readonly points: readonly PlotPoint[];
  /** Which colour and form of points, from 0, so that series can share them; by default each has its own. */
  readonly hue?: number;
  /** Whether it is drawn in a lighter colour, as a reference to compare with. */
  readonly faint?: boolean;
}

/** One point of a series. */
export interface PlotPoint {
  readonly x: number;
  readonly y: number;
  /** Half the length of its error bar, for instance a standard error; no bar by default. */
  readonly error?: number;
}
