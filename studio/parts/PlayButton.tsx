// The button that starts and pauses an animation.

interface PlayButtonProps {
  /** Its text while nothing moves; default `Play`. */
  readonly label?: string;
  readonly playing: boolean;
  /** Whether the animation has reached its end, from where it starts again. */
  readonly atEnd: boolean;
  onRestart(): void;
  onChange(playing: boolean): void;
}

/** Plays or pauses. */
export function PlayButton({ label = 'Play', playing, atEnd, onRestart, onChange }: PlayButtonProps) {
  return (
    <button
      type="button"
      class="button primary"
      onClick={() => {
        if (!playing && atEnd) {
          onRestart();
        }
        onChange(!playing);
      }}
    >
      {playing ? 'Pause' : label}
    </button>
  );
}
