// Parameters and memory of what would be trained.

import mixings from 'virtual:mixings';
import { Notice } from '../../parts/Notice.tsx';
import type { ModelSettings } from './trainSettings.ts';
import { memoryText, type Sizes } from './useSizes.ts';

/** The sizes of the models, or why they cannot be trained. */
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
        // The models are in the order of the form.
        <p key={index} class="control-note">
          {models.length > 1 && models[index] && `${mixings[models[index].mixing]}: `}
          {parameters.toLocaleString('en')} parameters, about {memoryText(bytes)} of memory
        </p>
      ))}
      {(work.problem ?? problem) !== undefined && <Notice>{work.problem ?? problem}</Notice>}
    </div>
  );
}
