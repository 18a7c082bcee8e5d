// Words of suggested commands, quoted so that a shell takes each as one word.

/** A word as it can be pasted into a POSIX shell: `'my run'` for a path with a space. */
export function shellWord(text: string): string {
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
