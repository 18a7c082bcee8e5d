// When images are called odd. A file of its own: the studio's page imports it.

/** Images with a p-value of at most this are called odd. */
export const ODD = 0.01;

/** With fewer reference images, two odd ones among them would leave no p-value of at most `ODD`. */
export const ENOUGH_TO_CALL = 3 / ODD - 1;
