// The shape of one image.

/** Height, width and channels of an image. */
export type ImageShape = readonly [height: number, width: number, channels: number];

/** The number of values in an image: the D of bits/dim. */
export function dimensionsOf([height, width, channels]: ImageShape): number {
  return height * width * channels;
}

/** A shape as text: `28x28x1`. */
export function showImageShape(shape: ImageShape): string {
  return shape.join('x');
}
