// `emerging-flows/pictures`: images, maps and activations as PNG files.

export {
  contactSheet,
  type DrawnActivations,
  drawActivations,
  type HeatRange,
  heatMap,
  heatRange,
  mapPicture,
} from '../data/pictures/index.ts';
