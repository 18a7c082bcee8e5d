// An image drawn pixel by pixel; CSS sets its size on the page.
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Images } from '../work/models.ts';
import './picture.css';

/** Whether a screen can show the images: grey or colour. */
export function isVisible({ shape }: Images): boolean {
  return shape[2] === 1 || shape[2] === 3;
}

/** Why images can't be shown. */
export function unsupportedChannels({ shape }: Images): string {
  return `Images with ${shape[2]} channels can’t be shown, only those with 1 or 3.`;
}

/** One of several images. */
export function selectImage({ pixels, shape }: Images, index: number): Images {
  const size = shape[0] * shape[1] * shape[2];
  return { pixels: pixels.subarray(index * size, (index + 1) * size), shape };
}

/** The number of images. */
export function countImages({ pixels, shape }: Images): number {
  return pixels.length / (shape[0] * shape[1] * shape[2]);
}

/** Gives a canvas an image's size and pixels. */
export function drawPicture(canvas: HTMLCanvasElement, { pixels, shape }: Images): void {
  const [height, width, channels] = shape;
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d')!;
  const drawn = context.createImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let colour = 0; colour < 3; colour++) {
      drawn.data[4 * pixel + colour] = pixels[pixel * channels + (colour % channels)]!;
    }
    drawn.data[4 * pixel + 3] = 255;
  }
  context.putImageData(drawn, 0, 0);
}

/** An image; without a label it is decorative, and the text around it describes it. */
export function Picture({ image, label }: { image: Images; label?: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { pixels, shape } = image;
  const [height, width, channels] = shape;
  // In the same frame as its neighbour.
  useLayoutEffect(() => drawPicture(canvas.current!, image), [pixels, width, height, channels]);
  return (
    <canvas
      ref={canvas}
      class="picture"
      width={width}
      height={height}
      {...(label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })}
    />
  );
}
