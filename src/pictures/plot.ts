// What a plot is: its axes and its series, as plain data.

/** A plot of one or more series over common axes. */
export interface Plot {
  /** Above the plot; none if not said. */
  readonly title?: string;
  /** Below the title, smaller. */
  readonly subtitle?: string;
  readonly x: PlotAxisAcross;
  readonly y: PlotAxis;
  /** In the order of the legend, which is left out for a single series. */
  readonly series: readonly PlotSeries[];
  /** Pixels of the SVG with all that surrounds the axes, 720 if not said; a PNG has twice as many. */
  readonly width?: number;
  /** The same, 400 if not said. */
  readonly height?: number;
}

/** One axis of a plot. */
export interface PlotAxis {
  /** What is shown along it. */
  readonly label: string;
  /** Its unit, shown after the label: `bits/dim`, `ms`. */
  readonly unit?: string;
  /** Whether it is logarithmic, with the base 10. */
  readonly log?: boolean;
  /** The values at its ends; what the series need if not said. Points beyond are cut off. */
  readonly range?: readonly [least: number, most: number];
  /** Whether 0 is always shown; an axis starts near its smallest value otherwise. Bars always start at 0. */
  readonly zero?: boolean;
}

/** The axis x. */
export interface PlotAxisAcross extends PlotAxis {
  /** Where numbers stand: at round ones, or at the points' own values, as where those were chosen; round if not said. */
  readonly ticks?: 'round' | 'own';
}

/** Numbers, or names in the order of their first appearance; one kind along an axis. */
type Position = number | string;

/** Points that belong together, drawn in one colour. */
export interface PlotSeries {
  /** What the legend calls it. */
  readonly name: string;
  /** Whether the legend leaves it out, since another series says what it is. */
  readonly unlisted?: boolean;
  /** How it is drawn. Bars stand beside one another at each name along x. */
  readonly kind: 'line' | 'points' | 'line and points' | 'bars';
  /** In the order in which a line joins them. A y that is not finite is left out and breaks the line. */
  readonly points: readonly PlotPoint[];
  /** Which of the eight colours, from 0, so that series can share one; by default each has its own. */
  readonly hue?: number;
  /** Whether it stands back in a lighter colour, as what is only there to compare with. */
  readonly faint?: boolean;
  /** Whether the line is dashed. */
  readonly dashed?: boolean;
}

/** One point of a series. */
export interface PlotPoint {
  readonly x: Position;
  readonly y: number;
  /** Half the length of its error bar, for instance a standard error; none if not said. */
  readonly error?: number;
}
