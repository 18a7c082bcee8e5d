// Edits of an image's latents by level, with undo.
import { signal } from '@preact/signals';
import type { NdArray } from 'emerging-flows';
import { useEffect, useMemo, useState } from 'preact/hooks';
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

/** The edits in the address that were last applied: they belong to the first image. */
let applied: string | undefined;

/** Edits of the latents `encoded`: those in the address first. Other latents start without edits. */
export function useEdits(encoded: readonly NdArray[] | undefined): Edits {
  const isKept = useMemo(
    () => encoded !== undefined && keptEdits.value !== undefined && areEqual(encoded, keptEdits.value.of),
    [encoded, keptEdits.value?.of],
  );
  const first = useMemo(
    () => encoded?.map(({ data }): Level => ({ values: data, scale: 1 })) ?? [],
    [encoded],
  );
  const steps = isKept ? keptEdits.value!.steps : [];
  const levels = steps.at(-1)?.levels ?? first;
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
  const keep = (next: readonly Step[]): void => {
    keptEdits.value = { of: encoded!, steps: next.slice(-MOST_STEPS) };
    if (shared !== '') {
      changeSettings({ edits: '' });
    }
  };
  useEffect(() => {
    if (encoded === undefined || shared === '') {
      return undefined;
    }
    if (shared === applied) {
      // Another image.
      if (!isKept) {
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
    isChanged: steps.length > 0,
    isDamaged: damaged !== '' && damaged === shared,
    change(name, level, changed) {
      const next = { name, levels: levels.with(level, { ...levels[level]!, ...changed }) };
      keep([...(steps.at(-1)?.name === name ? steps.slice(0, -1) : steps), next]);
    },
    undo: () => keep(steps.slice(0, -1)),
    reset: () => keep([]),
  };
}

/** Whether latents are the same, which other images, models or classes don't have. */
function areEqual(first: readonly NdArray[], second: readonly NdArray[]): boolean {
  return (
    first.length === second.length &&
    first.every(({ data }, level) => {
      const { data: others } = second[level]!;
      return (
        data.length === others.length && data.every((value: number, index: number) => value === others[index])
      );
    })
  );
}
