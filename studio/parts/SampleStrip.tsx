// Samples of a run over time, from the same latents each time.
import './samples.css';

interface SampleStripProps {
  /** The name of the run. */
  readonly name: string;
  /** The sheets, earliest first. */
  readonly samples: readonly { readonly step: number; readonly url: string }[];
}

/** The sheets side by side; nothing if there is none. */
export function SampleStrip({ name, samples }: SampleStripProps) {
  if (samples.length === 0) {
    return null;
  }
  return (
    <ol class="samples">
      {samples.map(({ step, url }) => (
        <li key={step}>
          <img src={url} alt={`Samples of ${name} after ${step} steps`} />
          <span>step {step.toLocaleString('en')}</span>
        </li>
      ))}
    </ol>
  );
}
