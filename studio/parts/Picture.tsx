// An image of a model, pixel by pixel; its size on the page is a matter of style.
import { useEffect, useRef } from 'preact/hooks';
import type { Images } from '../work/tasks.ts';
import './picture.css';

/** The images that a screen can show: grey or colour. */
export function isVisible({ shape }: Images): boolean {
  return shape[2] === 1 || shape[2] === 3;
}

/** One of several images. */
export function imageOf({ pixels, shape }: Images, index: number): Images {
  const size = shape[0] * shape[1] * shape[2];
  return { pixels: pixels.subarray(index * size, (index + 1) * size), shape };
}

/** How many images there are. */
export function countOf({ pixels, shape }: Images): number {
  return pixels.length / (shape[0] * shape[1] * shape[2]);
}

/** An image; without a label it is decoration, and what is around it says what it is. */
export function Picture({ image, label }: { image: Images; label?: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { pixels, shape } = image;
  const [height, width, channels] = shape;
  useEffect(() => {
    const context = canvas.current!.getContext('2d')!;
    const drawn = context.createImageData(width, height);
    for (let pixel = 0; pixel < width * height; pixel++) {
      for (let colour = 0; colour < 3; colour++) {
        drawn.data[4 * pixel + colour] = pixels[pixel * channels + (colour % channels)]!;
      }
      drawn.data[4 * pixel + 3] = 255;
    }
    context.putImageData(drawn, 0, 0);
  }, [pixels, width, height, channels]);
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
