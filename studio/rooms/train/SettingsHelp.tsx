// The settings of a training in plain words.

const words = {
  Mixing:
    'the layers that mix channels, or channels and neighbouring pixels, between the couplings. Emerging convolutions see neighbours; 1x1 convolutions are faster and don’t.',
  Levels:
    'how often the image is halved in height and width. More levels see larger structures; 2 suit 28 pixels, 3 suit 64.',
  Depth: 'flow steps in each level. More need fewer bits, and more time in proportion.',
  Width:
    'channels of the networks in the couplings. Wider ones need fewer bits, and time and memory grow up to its square.',
  Steps: 'how often the weights change. The bits fall fast at first, then slowly: pause when that suffices.',
  'Batch size': 'images per step. More give steadier steps, which take longer.',
  'Learning rate':
    'the size of the steps. If too large, training becomes unstable; if too small, it is slow.',
  Seed: 'the start of all random numbers. Another seed gives another run of the same kind.',
} as const;

/** What each setting does, and which bits/dim are good. */
export function SettingsHelp() {
  return (
    <details class="train-help">
      <summary>What these settings mean</summary>
      <dl>
        {Object.entries(words).map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <p>
        Which bits/dim are good depends on the images: stored as they are, 8-bit values take 8 each; for MNIST
        digits, models/mnist-small needs about 1.3 and the larger models/mnist about 1.05.
      </p>
    </details>
  );
}
