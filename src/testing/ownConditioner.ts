// A conditioner of a user's own, with an option, as code: for modules, pages and this process.

/**
 * The expression of its definition, in terms of the library's `define`, `filledParameter`, `limits`, `operations` and `option`.
 * The network's numbers are the means of the channels that stay, times a strength and learned weights.
 */
export const meanConditioner = `define.conditioner({
  name: 'mean',
  summary: 'The mean of the channels that stay.',
  options: { strength: option('How strongly it acts.', limits.numberFrom(0, 1), 1) },
  build: ({ strength }) => ({
    parameters: (shape, { channels, numbers }) => ({ weights: filledParameter([channels * numbers], 0.1) }),
    forward(image, p) {
      const { multiply, reshape, sum } = operations;
      const [count, height, width, channels] = image.shape;
      const mean = multiply(reshape(sum(image, [3]), [count, height, width, 1]), strength / channels);
      return multiply(mean, p.get('weights'));
    },
  }),
})`;
