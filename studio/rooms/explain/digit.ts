// The digit of the story: the reader's drawing, and until then a test digit.
import { signal } from '@preact/signals';
import { compute } from '../../work/connections.ts';
import { digitsUrl } from '../../work/digits.ts';
import type { Images } from '../../work/models.ts';
import { useWork } from '../../work/useWork.ts';

/** The reader's drawing, which outlives the room. */
export const drawing = signal<Images | undefined>(undefined);

/** The index of the test digit, a 7. */
const TEST_DIGIT = 0;

/** The digit, and why it can't be loaded. */
export function useDigit(): { readonly digit: Images | undefined; readonly problem: string | undefined } {
  const isDrawn = drawing.value !== undefined;
  const { result, problem } = useWork(
    isDrawn
      ? undefined
      : (waiting) =>
          compute('digits', { url: digitsUrl(), split: 'test', from: TEST_DIGIT, count: 1 }, waiting),
    [isDrawn],
  );
  return { digit: drawing.value ?? result, problem };
}
