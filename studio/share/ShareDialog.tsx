// The dialog that shares what a page shows.
import { useEffect, useRef, useState } from 'preact/hooks';
import { linkTo, roomName } from '../address.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { downloadBlob, fileWord } from '../parts/download.ts';
import { CARD_HEIGHT, CARD_WIDTH, drawCard, record, videoType } from './card.ts';
import type { Shared } from './ShareButton.tsx';
import './share.css';

/** The state of the animation. */
type Recording = { readonly doing: string } | { readonly problem: string };

/** The dialog. */
export function ShareDialog({
  settings,
  caption,
  picture,
  animation,
  omitted,
  onClose,
}: Shared & { onClose(): void }) {
  const field = useRef<HTMLInputElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const ending = useRef(new AbortController());
  const [copied, setCopied] = useState<string>();
  const [recording, setRecording] = useState<Recording>();
  const link = new URL(linkTo(roomName.value, settings), document.baseURI).href;
  useEffect(() => {
    if (caption && picture) {
      drawCard(canvas.current!.getContext('2d')!, caption, picture);
    }
    return () => ending.current.abort();
  }, []);
  const copy = async (): Promise<void> => {
    field.current!.select();
    try {
      await navigator.clipboard.writeText(link);
      setCopied('Copied');
    } catch {
      // Browsers refuse it on addresses without encryption.
      setCopied('Press Ctrl+C');
    }
  };
  const save = (file: Blob | null, extension: string): void => {
    if (file) {
      downloadBlob(file, `${fileWord(caption!.title.toLowerCase())}.${extension}`);
    }
  };
  const saveAnimation = async (): Promise<void> => {
    const { signal } = ending.current;
    try {
      setRecording({ doing: 'Computing the animation' });
      const frame = await animation!.prepare(signal);
      const context = canvas.current!.getContext('2d')!;
      const draw = (time: number): void => drawCard(context, caption!, frame, time);
      const onProgress = (share: number): void =>
        setRecording({ doing: `Recording, ${Math.round(100 * share)} %` });
      const video = await record(canvas.current!, animation!.seconds, draw, signal, onProgress);
      save(video, videoType!.startsWith('video/webm') ? 'webm' : 'mp4');
      setRecording(undefined);
    } catch (error) {
      if (!signal.aborted) {
        setRecording({ problem: `The animation failed: ${(error as Error).message}` });
      }
    } finally {
      // The canvas has a frame of the animation, but “Save picture” saves the picture.
      if (!signal.aborted) {
        drawCard(canvas.current!.getContext('2d')!, caption!, picture!);
      }
    }
  };
  const isRecording = recording !== undefined && 'doing' in recording;
  return (
    <Dialog heading="Share" onClose={onClose}>
      <div class="share">
        <div class="share-link">
          <input
            ref={field}
            readOnly
            value={link}
            aria-label="Link to exactly this"
            onFocus={({ currentTarget }) => currentTarget.select()}
          />
          <button type="button" class="button primary" onClick={copy}>
            {copied ?? 'Copy link'}
          </button>
          <span class="announced" role="status">
            {copied}
          </span>
        </div>
        {[...linkNotes(settings), ...(omitted === undefined ? [] : [omitted])].map((note) => (
          <p key={note} class="control-note">
            {note}
          </p>
        ))}
        {caption && picture && (
          <>
            <canvas
              ref={canvas}
              width={CARD_WIDTH}
              height={CARD_HEIGHT}
              role="img"
              aria-label={`Picture: ${[caption.title, ...caption.facts].join(', ')}`}
            />
            <div class="buttons">
              <button
                type="button"
                class="button"
                disabled={isRecording}
                onClick={() => canvas.current!.toBlob((file) => save(file, 'png'))}
              >
                Save picture
              </button>
              {animation && videoType !== undefined && (
                <button type="button" class="button" disabled={isRecording} onClick={saveAnimation}>
                  Save animation
                </button>
              )}
              {recording && (
                <span class="control-note" role="status">
                  {'doing' in recording ? recording.doing : recording.problem}
                </span>
              )}
            </div>
          </>
        )}
      </div>
    </Dialog>
  );
}

/** Where a link doesn't work, as sentences. */
function linkNotes({ model = '' }: Shared['settings']): string[] {
  return [
    ...(/^(localhost|127\.|\[::1\])/.test(location.hostname)
      ? [
          'This studio runs on your machine, so the link works only here. To publish a studio, use emerging studio --build.',
        ]
      : []),
    ...(model.startsWith('browser/')
      ? ['The model was trained in this browser: others need its files.']
      : []),
  ];
}
