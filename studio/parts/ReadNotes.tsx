// What was changed, without a loss, in reading files.

/** The first note, and how many others there are. */
export function ReadNotes({ notes: [first, ...others] }: { notes: readonly string[] }) {
  if (first === undefined) {
    return null;
  }
  return (
    <p class="control-note">
      <bdi>{first}</bdi>
      {others.length > 0 ? ` (and ${others.length.toLocaleString('en')} more).` : '.'}
    </p>
  );
}
