// Edits of an image's latents by level, with undo.
import { signal } from '@preact/signals';
import type { NdArray } from 'emerging-flows';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { changeSettings, settings } from '../../address.ts';
import { unpackEdits } from './sharedEdits.ts';

/** The latents of one level. */
export interface Level {
  /** The values before scaling. */
  readonly values: NdArray['data'];
  /** The temperature, which multiplies all values. */
  readonly scale: number;
}

/** A state and the name of the edit that led to it. */
interface Step {
  readonly name: string;
  readonly levels: readonly Level[];
}

/** The edited latents and the editing operations. */
export interface Edits {
  readonly levels: readonly Level[];
  /** The latents to decode. */
  readonly latents: readonly NdArray[] | undefined;
  readonly isChanged: boolean;
  /** Whether the edits in the address can't be read. */
  readonly isDamaged: boolean;
  /**
   * Changes a level.
   *
   * @param name consecutive edits of the same name, as by a slider, are undone together
   */
  change(name: string, level: number, changed: Partial<Level>): void;
  undo(): void;
  reset(): void;
}

const MOST_STEPS = 200;

/** The last edits, and the latents that they are of; they outlive the room. */
const keptEdits = signal<{ readonly of: readonly NdArray[]; readonly steps: readonly Step[] } | undefined>(
  undefined,
);

/** The edits in the address, once they are applied: they belong to the first image. */
let applied: string | undefined;

/** Edits of the latents `encoded`: those in the address first. Other latents start without edits. */
export function useEdits(encoded: readonly NdArray[] | undefined): Edits {
  const kept = useMemo(() => keptSteps(encoded), [encoded, keptEdits.value]);
  const first = useMemo(
    () => encoded?.map(({ data }): Level => ({ values: data, scale: 1 })) ?? [],
    [encoded],
  );
  const levels = kept?.at(-1)?.levels ?? first;
  const latents = useMemo(
    () =>
      encoded?.map(({ shape }, index) => {
        const { values, scale } = levels[index]!;
        return { shape, data: scale === 1 ? values : values.map((value) => scale * value) };
      }),
    [encoded, levels],
  );
  const { edits: shared = '' } = settings.value;
  const [damaged, setDamaged] = useState('');
  const latest = useRef(encoded);
  latest.current = encoded;
  /** Edits what there is by now, unless another image is shown: a new draw takes time. */
  const edit = (next: (steps: readonly Step[]) => readonly Step[]): void => {
    if (encoded !== undefined && latest.current === encoded) {
      keptEdits.value = { of: encoded, steps: next(keptSteps(encoded) ?? []).slice(-MOST_STEPS) };
      if (settings.value.edits) {
        changeSettings({ edits: '' });
      }
    }
  };
  useEffect(() => {
    if (shared === '') {
      applied = undefined;
    }
    if (encoded === undefined || shared === '') {
      return undefined;
    }
    if (shared === applied) {
      // Another image.
      if (!kept) {
        changeSettings({ edits: '' });
      }
      return undefined;
    }
    let isCurrent = true;
    unpackEdits(shared, encoded).then((edited) => {
      if (isCurrent && edited) {
        applied = shared;
        keptEdits.value = { of: encoded, steps: [{ name: 'link', levels: edited }] };
      } else if (isCurrent) {
        setDamaged(shared);
      }
    });
    return () => {
      isCurrent = false;
    };
  }, [encoded, shared]);
  return {
    levels,
    latents,
    isChanged: kept !== undefined && kept.length > 0,
    isDamaged: damaged !== '' && damaged === shared,
    change: (name, level, changed) =>
      edit((steps) => {
        const before = steps.at(-1)?.levels ?? first;
        const next = { name, levels: before.with(level, { ...before[level]!, ...changed }) };
        return [...(steps.at(-1)?.name === name ? steps.slice(0, -1) : steps), next];
      }),
    undo: () => edit((steps) => steps.slice(0, -1)),
    reset: () => edit(() => []),
  };
}

/** The edits of latents; undefined if those that are kept are of others. */
function keptSteps(encoded: readonly NdArray[] | undefined): readonly Step[] | undefined {
  const { of: edited, steps } = keptEdits.value ?? {};
  return encoded && edited && areEqual(encoded, edited) ? steps : undefined;
}

/** Whether latents are the same, which other images, models or classes don't have. */
function areEqual(first: readonly NdArray[], second: readonly NdArray[]): boolean {
  return (
    first === second ||
    (first.length === second.length &&
      first.every(({ data }, level) => {
        const { data: others } = second[level]!;
        return (
          data.length === others.length &&
          data.every((value: number, index: number) => value === others[index])
        );
      }))
  );
}
