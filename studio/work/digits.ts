// The digits of MNIST that come with the page.

/** How many there are to train on. */
export const DIGITS_COUNT = 5000;

/** Their file, next to the page: what `emerging datasets prepare mnist --limit 5000` writes. */
export const DIGITS_FILE = `mnist-${DIGITS_COUNT}.images.gz`;
