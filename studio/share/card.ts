// Pictures and animations to share: a square picture with a caption beside it, in the shape that previews of links have.
import { countImages, drawPicture, selectImage } from '../parts/Picture.tsx';
import type { Images } from '../work/models.ts';

/** Draws into a square of this side from the top left corner; `time` runs from 0 to 1 in an animation. */
export type Frame = (context: CanvasRenderingContext2D, side: number, time: number) => void;

/** The caption. */
export interface Caption {
  readonly title: string;
  readonly facts: readonly string[];
}

/** The size of a picture in pixels. */
export const CARD_WIDTH = 1200;
export const CARD_HEIGHT = 630;

const MARGIN = 48;

/** Draws a picture with its caption, in the colours of the page. */
export function drawCard(
  context: CanvasRenderingContext2D,
  { title, facts }: Caption,
  frame: Frame,
  time = 0,
): void {
  context.fillStyle = cssColor('--paper');
  context.fillRect(0, 0, CARD_WIDTH, CARD_HEIGHT);
  context.save();
  context.beginPath();
  context.rect(0, 0, CARD_HEIGHT, CARD_HEIGHT);
  context.clip();
  frame(context, CARD_HEIGHT, time);
  context.restore();
  const { fontFamily } = getComputedStyle(document.body);
  const left = CARD_HEIGHT + MARGIN;
  const width = CARD_WIDTH - left - MARGIN;
  let baseline = MARGIN;
  const write = (text: string, size: number, weight: number, color: string): void => {
    context.font = `${weight} ${size}px ${fontFamily}`;
    context.fillStyle = cssColor(color);
    for (const line of wrapText(text, (line) => context.measureText(line).width <= width)) {
      baseline += 1.25 * size;
      context.fillText(line, left, baseline);
    }
  };
  write(title, 52, 650, '--ink');
  baseline += 20;
  for (const fact of facts) {
    write(fact, 30, 400, '--quiet');
    baseline += 8;
  }
  baseline = CARD_HEIGHT - MARGIN - 38;
  write('Emerging studio', 30, 600, '--accent');
}

/** The images in a nearly square grid, as large as fits. */
export function sheetFrame(images: Images): Frame {
  const [height, width] = images.shape;
  const count = countImages(images);
  const columns = Math.max(1, Math.ceil(Math.sqrt((count * height) / width)));
  const rows = Math.ceil(count / columns);
  const pictures = Array.from({ length: count }, (_, index) => {
    const canvas = document.createElement('canvas');
    drawPicture(canvas, selectImage(images, index));
    return canvas;
  });
  return (context, side) => {
    context.fillStyle = cssColor('--stage');
    context.fillRect(0, 0, side, side);
    const scale = side / Math.max(columns * width, rows * height);
    context.imageSmoothingEnabled = false;
    context.setTransform(
      scale,
      0,
      0,
      scale,
      (side - scale * columns * width) / 2,
      (side - scale * rows * height) / 2,
    );
    for (const [index, picture] of pictures.entries()) {
      context.drawImage(picture, (index % columns) * width, Math.floor(index / columns) * height);
    }
    context.resetTransform();
  };
}

/** A colour of the page by the name of its property. */
export function cssColor(name: string): string {
  // Properties with `light-dark` resolve only in an element's colour.
  const probe = document.createElement('i');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** The first video format that this browser records; undefined if it records none. */
export const videoType =
  typeof MediaRecorder === 'undefined'
    ? undefined
    : ['video/webm;codecs=vp9', 'video/webm;codecs=vp8', 'video/webm', 'video/mp4'].find((type) =>
        MediaRecorder.isTypeSupported(type),
      );

/**
 * Records a canvas while `draw` is called with times from 0 to 1.
 *
 * @param onProgress receives the recorded share
 */
export async function record(
  canvas: HTMLCanvasElement,
  seconds: number,
  draw: (time: number) => void,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<Blob> {
  draw(0);
  const stream = canvas.captureStream(30);
  const recorder = new MediaRecorder(stream, { mimeType: videoType!, videoBitsPerSecond: 6_000_000 });
  const parts: Blob[] = [];
  recorder.addEventListener('dataavailable', ({ data }) => parts.push(data));
  const ended = new Promise((resolve) => recorder.addEventListener('stop', resolve));
  recorder.start();
  await new Promise<void>((resolve) => {
    const start = performance.now();
    requestAnimationFrame(function step(now) {
      const time = Math.min(1, Math.max(0, (now - start) / 1000 / seconds));
      draw(time);
      onProgress(time);
      if (time === 1 || signal.aborted) {
        resolve();
      } else {
        requestAnimationFrame(step);
      }
    });
  });
  recorder.stop();
  await ended;
  for (const track of stream.getTracks()) {
    track.stop();
  }
  signal.throwIfAborted();
  return new Blob(parts, { type: videoType! });
}

/** Text as lines that fit: broken between words, and within words that are too long for a line. */
export function wrapText(text: string, fits: (line: string) => boolean): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1) ?? ''} ${word}`.trim();
    if (lines.length > 0 && fits(longer)) {
      lines[lines.length - 1] = longer;
      continue;
    }
    lines.push('');
    for (const letter of word) {
      const line = lines.at(-1)!;
      if (line === '' || fits(line + letter)) {
        lines[lines.length - 1] = line + letter;
      } else {
        lines.push(letter);
      }
    }
  }
  return lines;
}
