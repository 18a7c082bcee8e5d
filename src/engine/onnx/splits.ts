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

/** The split that each of these tensors is a part of, if the slices of its source, at least so many, make up the whole. */
export function splitsAmong(tensors: readonly Tensor[], least: number): ReadonlyMap<Tensor, Split> {
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
      if (isWhole && parts.length >= least && parts.at(-1)!.end === source.shape[axis]) {
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
  if (lengths.length === 1) {
    return [x];
  }
  const sections = sectionsOf(lengths, most);
  const totals = sections.map((section) => section.reduce((total, length) => total + length));
  const parts = emit.nodes('Split', [x, emit.integers(totals)], totals.length, { axis });
  return parts.flatMap((part, index) => emitSplit(emit, part, { axis, lengths: sections[index]!, most }));
}

/** At most `most` sections, as few as possible with more than one part: those are split again. */
function sectionsOf(lengths: readonly number[], most: number): number[][] {
  const count = lengths.length;
  const groups = Math.min(most, Math.max(0, Math.ceil((count - most) / (most - 1))));
  const grouped = groups === 0 ? 0 : count - most + groups;
  const edges = Array.from({ length: groups + 1 }, (_, group) => Math.round((group * grouped) / groups));
  return [
    ...edges.slice(1).map((end, group) => lengths.slice(edges[group], end)),
    ...lengths.slice(grouped).map((length) => [length]),
  ];
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}
