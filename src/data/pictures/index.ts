// Public to other folders: plots, sheets, heat maps.
export { type DrawnActivations, drawActivations } from './activations.ts';
export { contactSheet, requireDrawable, rowHeight } from './contactSheet.ts';
export { type HeatRange, heatMap, heatRange } from './heatMap.ts';
export { mapPicture } from './mapPicture.ts';
export type { Plot, PlotSeries } from './plot.ts';
export { element, htmlText, type SvgElement } from './svg.ts';
