// The computation of a stage at one value, with the numbers.
import type { ImageShape } from 'emerging-flows';
import { Working } from '../../parts/Working.tsx';
import type { Line, Place } from '../../work/arithmetic.ts';
import { compute } from '../../work/connections.ts';
import type { CodedImage } from '../../work/insideTasks.ts';
import { useWork } from '../../work/useWork.ts';
import { lineWords } from './words.ts';

interface ArithmeticProps {
  readonly coded: CodedImage;
  /** The number of the stage. */
  readonly stage: number;
  /** The index of the value in what the stage makes. */
  readonly index: number;
  readonly shape: ImageShape;
  /** Whether the stage soon changes: wait until it rests. */
  readonly isMoving: boolean;
}

/** How long a slider rests before the arithmetic is computed. */
const REST_MS = 150;

/** The layers of the stage in order, each with its formula in numbers. */
export function Arithmetic({ coded, stage, index, shape, isMoving }: ArithmeticProps) {
  const [, width, channels] = shape;
  const pixel = Math.floor(index / channels);
  const location: Place = [Math.floor(pixel / width), pixel % width, index % channels];
  const working = useWork(
    isMoving
      ? undefined
      : async (waiting) => {
          await new Promise((resolve) => setTimeout(resolve, REST_MS));
          waiting.signal.throwIfAborted();
          const order = { ...coded, pixels: coded.pixels.slice(), stage, place: location };
          return { of: order, lines: await compute('arithmetic', order, waiting) };
        },
    [coded, stage, index, isMoving],
  );
  const { result } = working;
  if (isMoving) {
    return <p class="quiet">Pause to see the arithmetic.</p>;
  }
  if (!result || result.of.stage !== stage) {
    return <Working work={working} />;
  }
  return (
    <ol class="stages-lines" data-testid="arithmetic">
      {byLayer(result.lines).map(({ layer, lines }, number) => (
        <li key={`${number} ${layer}`}>
          <strong>{layer}</strong>
          {lines.map((line, each) => (
            <span key={each}>{lineWords(line, location)}</span>
          ))}
        </li>
      ))}
    </ol>
  );
}

/** Consecutive lines of the same layer. */
function byLayer(lines: readonly Line[]): { readonly layer: string; readonly lines: Line[] }[] {
  const groups: { readonly layer: string; readonly lines: Line[] }[] = [];
  for (const line of lines) {
    if (groups.at(-1)?.layer === line.layer) {
      groups.at(-1)!.lines.push(line);
    } else {
      groups.push({ layer: line.layer, lines: [line] });
    }
  }
  return groups;
}
