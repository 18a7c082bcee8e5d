// Public to other folders: the cards and pictures of runs.
export { writeRunCard } from './runCard.ts';
export { drawWorst, readSheet, samplesPath } from './runPictures.ts';
