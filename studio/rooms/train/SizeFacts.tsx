// The models' numbers of parameters and memory before training.
import mixings from 'virtual:mixings';
import { Notice } from '../../parts/Notice.tsx';
import type { ModelSettings } from './trainSettings.ts';
import { memoryText, type Sizes } from './useSizes.ts';

/** The models' sizes, or why they can't be trained. */
export function SizeFacts({
  sizes: { work, problem },
  models,
}: {
  sizes: Sizes;
  models: readonly ModelSettings[];
}) {
  const isOutdated = work.progress !== undefined;
  return (
    <div class="train-size" aria-busy={isOutdated} data-outdated={isOutdated}>
      {work.result?.map(({ parameters, bytes }, index) => (
        // Models have a fixed order.
        <p key={index} class="control-note">
          {models.length > 1 && models[index] && `${mixings[models[index].mixing]}: `}
          {parameters.toLocaleString('en')} parameters, about {memoryText(bytes)} of memory
        </p>
      ))}
      {(work.problem ?? problem) !== undefined && <Notice>{work.problem ?? problem}</Notice>}
    </div>
  );
}
