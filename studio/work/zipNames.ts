// Names of images in a zip archive: a compressed file may come from anyone.

/** PNG names that stay within their folder, each of them once. */
export function zipNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const parts = name.split(/[/\\]/).filter((part) => !/^(\.{0,2}|[a-z]:)$/i.test(part));
    const path = parts.join('/') || 'image';
    const stem = /\.png$/i.test(path) ? path.slice(0, -4) : path;
    let found = `${stem}.png`;
    for (let number = 2; taken.has(found.toLowerCase()); number++) {
      found = `${stem}-${number}.png`;
    }
    taken.add(found.toLowerCase());
    return found;
  });
}
