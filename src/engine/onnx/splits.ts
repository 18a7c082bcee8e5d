// Slices that together make up a tensor, as the parts of Split nodes: one node has several results.
import { sliced } from '../../tensor/operations/layout.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Emitter } from './emitter.ts';

/** A tensor that is split along an axis. */
export interface Split {
  readonly source: Tensor;
  readonly axis: number;
  /** The slices, from the first position on; equal ones together. */
  readonly parts: readonly Part[];
}

interface Part {
  readonly start: number;
  readonly end: number;
  readonly slices: Tensor[];
}

/** The split that each of these tensors is a part of, if the slices of its source make up the whole, none twice. */
export function splitsAmong(tensors: readonly Tensor[]): ReadonlyMap<Tensor, Split> {
  const bySource = new Map<Tensor, Map<number, Map<string, Part>>>();
  for (const tensor of tensors) {
    const range = sliced(tensor);
    if (range) {
      const { source, axis, start, end } = range;
      const byAxis = getOrAdd(bySource, source, () => new Map<number, Map<string, Part>>());
      const parts = getOrAdd(byAxis, axis, () => new Map<string, Part>());
      getOrAdd(parts, `${start} ${end}`, (): Part => ({ start, end, slices: [] })).slices.push(tensor);
    }
  }
  const splits = new Map<Tensor, Split>();
  for (const [source, byAxis] of bySource) {
    for (const [axis, found] of byAxis) {
      const parts = [...found.values()].sort((a, b) => a.start - b.start);
      const isWhole = parts.every(({ start }, index) => start === (parts[index - 1]?.end ?? 0));
      if (isWhole && parts.at(-1)!.end === source.shape[axis]) {
        for (const slice of parts.flatMap(({ slices }) => slices)) {
          splits.set(slice, { source, axis, parts });
        }
      }
    }
  }
  return splits;
}

/**
 * Emits nodes that split a tensor into parts of the given lengths, each into `most` at a time, and returns the names
 * of the parts.
 */
export function emitSplit(
  emit: Emitter,
  x: string,
  { axis, lengths, most }: { axis: number; lengths: readonly number[]; most: number },
): string[] {
  const count = lengths.length;
  if (count === 1) {
    return [x];
  }
  // As few groups as possible are split again: each of them takes the place of one part.
  const groups = Math.min(most, Math.max(0, Math.ceil((count - most) / (most - 1))));
  const grouped = groups === 0 ? 0 : count - Math.min(count, most) + groups;
  const sections: number[][] = [];
  for (let group = 0; group < groups; group++) {
    const [from, to] = [group, group + 1].map((edge) => Math.round((edge * grouped) / groups));
    sections.push(lengths.slice(from, to));
  }
  sections.push(...lengths.slice(grouped).map((length) => [length]));
  const totals = sections.map((section) => section.reduce((total, length) => total + length));
  const parts = emit.nodes('Split', [x, emit.integers(totals)], totals.length, { axis });
  return parts.flatMap((part, index) => emitSplit(emit, part, { axis, lengths: sections[index]!, most }));
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}
