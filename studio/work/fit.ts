// What the choice to convert images to a model's form is called on the page.

/** As it is written beside its box. */
export const FIT = 'Fit other sizes and colours';
