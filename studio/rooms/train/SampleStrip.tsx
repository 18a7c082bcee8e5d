// Samples of a run over time, from the same latents each time.
import type { Training } from './trainings.ts';

/** The sheets, the latest first. */
export function SampleStrip({ name, samples }: Pick<Training, 'name' | 'samples'>) {
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
