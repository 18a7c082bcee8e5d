// The names of the PNG files that a command writes, one for each image.

/** Names with the ending .png, which is added where it is missing or where a name occurs twice. */
export function pngNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let file = name;
    while (!/\.png$/i.test(file) || taken.has(file)) {
      file += '.png';
    }
    taken.add(file);
    return file;
  });
}
