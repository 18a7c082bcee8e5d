// The shape of one image.

/** Height, width and channels of an image. */
export type ImageShape = readonly [height: number, width: number, channels: number];

/** The most pixels and values of an image that a model takes: 2048 x 2048, and four channels of them. */
export const largestImage = { pixels: 2 ** 22, values: 2 ** 24 };

/** How many times `length` can be halved without a remainder. */
export function timesHalved(length: number): number {
  let count = 0;
  for (let remaining = length; remaining > 0 && remaining % 2 === 0; remaining /= 2) {
    count++;
  }
  return count;
}

/** The number of values in an image: the D of bits/dim. */
export function countDimensions([height, width, channels]: ImageShape): number {
  return height * width * channels;
}

/** Whether the shape is of points: one pixel, with a channel for each number. */
export function isPointShape([height, width]: ImageShape): boolean {
  return height * width === 1;
}

/** A shape as text: `28x28x1`. */
export function showImageShape(shape: ImageShape): string {
  return shape.join('x');
}

/** The shape in a text of `showImageShape`: three whole decimal numbers above 0; undefined for anything else. */
export function imageShapeIn(text: string): ImageShape | undefined {
  const [, height, width, channels] = /^([1-9]\d{0,6})x([1-9]\d{0,6})x([1-9]\d{0,6})$/.exec(text) ?? [];
  return height === undefined ? undefined : [Number(height), Number(width), Number(channels)];
}
