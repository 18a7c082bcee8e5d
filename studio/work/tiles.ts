// The label of the option to cut images into tiles of a model's size.

/** The label. */
export const TILES = 'Cut other sizes into tiles';
