// Positions grouped by a key.

/** Adds a position to the group with a key, which may be the first of it. */
export function addTo<Key>(groups: Map<Key, number[]>, key: Key, index: number): void {
  const group = groups.get(key);
  if (group) {
    group.push(index);
  } else {
    groups.set(key, [index]);
  }
}
