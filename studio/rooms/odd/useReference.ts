// What images are compared with: the scores that a model knows, or those of images that are measured here.
import type { ReferenceScores } from 'emerging-flows';
import type { GivenFile } from 'emerging-flows/data';
import { useEffect, useState } from 'preact/hooks';
import { addressOf, type OfferedModel } from '../../models.ts';
import type { Waiting } from '../../work/calls.ts';
import { compute } from '../../work/compute.ts';
import { useWork, type Work } from '../../work/useWork.ts';

/** What is measured to compare with. */
type Order = 'samples' | { readonly files: readonly GivenFile[]; readonly fit: boolean };

/** What images are compared with. */
export interface Reference {
  /** Whether it is known what there is. */
  readonly isKnown: boolean;
  readonly scores: ReferenceScores | undefined;
  /** What it is, as it follows "compared with"; undefined without scores. */
  readonly words: string | undefined;
  /** How many files of the measured ones were no images. */
  readonly refused: number;
  readonly looking: Work<unknown>;
  readonly measuring: Work<unknown>;
  measure(order: Order): void;
}

/** Enough for percentiles to a few percent. */
export const SAMPLES = 256;

interface Measured {
  readonly scores: ReferenceScores;
  readonly words: string;
  readonly refused: number;
}

/** The reference of a model; what was measured for another one is forgotten. */
export function useReference(model: OfferedModel | undefined): Reference {
  const [order, setOrder] = useState<{ readonly of: Order }>();
  const path = model?.path;
  useEffect(() => setOrder(undefined), [path]);
  const looking = useWork(
    model &&
      (async (waiting) => ({
        path: model.path,
        scores: await compute('reference', { model: addressOf(model) }, waiting),
      })),
    [path],
  );
  const measuring = useWork(
    model && order && ((waiting): Promise<Measured> => measured(model, order.of, waiting)),
    [path, order],
  );
  const isKnown = looking.result?.path === path && path !== undefined;
  const known = isKnown ? looking.result?.scores : undefined;
  const own = order && measuring.result;
  return {
    // Without an answer, bits/dim are shown all the same.
    isKnown: isKnown || looking.problem !== undefined,
    scores: own?.scores ?? known,
    words:
      own?.words ??
      (known && `${known.bitsPerDim.length.toLocaleString('en')} validation images of ${known.data}`),
    refused: own?.refused ?? 0,
    looking,
    measuring,
    measure: (of) => setOrder({ of }),
  };
}

async function measured(model: OfferedModel, order: Order, waiting: Required<Waiting>): Promise<Measured> {
  const address = addressOf(model);
  if (order === 'samples') {
    const drawing = { model: address, count: SAMPLES, seed: 0, temperature: 1 };
    const { pixels } = await compute('sample', drawing, waiting);
    const scores = await compute('measureReference', { model: address, pixels, data: 'samples' }, waiting);
    return { scores, words: `${SAMPLES} samples of the model itself`, refused: 0 };
  }
  const { pixels, names, refused } = await compute('read', { model: address, ...order }, waiting);
  if (names.length === 0) {
    throw new Error(`None of these files can be compared with. ${refused[0]?.reason ?? ''}`);
  }
  const scores = await compute('measureReference', { model: address, pixels, data: 'files' }, waiting);
  return { scores, words: `${names.length.toLocaleString('en')} images of yours`, refused: refused.length };
}
