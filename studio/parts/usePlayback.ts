// Playback of a figure, position by position.
import { useEffect, useState } from 'preact/hooks';

/**
 * Whether a figure plays, and a function to change that. While it plays, it moves on after each pause.
 *
 * @param starts whether it plays by itself
 * @param next the position after this one; undefined at the end, where playback ends
 * @param pause in milliseconds
 */
export function usePlayback(
  starts: boolean,
  next: number | undefined,
  pause: number,
  move: (position: number) => void,
): readonly [playing: boolean, setPlaying: (playing: boolean) => void] {
  const [playing, setPlaying] = useState(starts);
  useEffect(() => {
    if (!playing || next === undefined) {
      setPlaying(false);
      return undefined;
    }
    const timer = setTimeout(move, pause, next);
    return () => clearTimeout(timer);
  }, [playing, next]);
  return [playing, setPlaying];
}
