// The file with the statistics of a model's validation images.

/** Its name, fetched only for comparisons. */
export const SCORES_FILE = 'scores.json';
