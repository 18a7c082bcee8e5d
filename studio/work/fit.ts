// The label of the option to convert images to a model's size and channels.

/** The label. */
export const FIT = 'Fit other sizes and colours';
