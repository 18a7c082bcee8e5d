// Words of suggested commands, quoted so that a shell takes each as one word.

/** A path or value as it can be pasted into a POSIX shell: `'my run'` for a space, `./-run` for what reads as an option. */
export function shellWord(text: string): string {
  if (text.startsWith('-')) {
    return shellWord(`./${text}`);
  }
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
