// The standard deviation of an image's pixels.

/**
 * The standard deviation of an image's pixels [H, W, C] about the mean of their channel, √(Σ(v − v̄)² / HWC),
 * in units of 1/255; exactly 0 if all pixels have the same colour.
 */
export function deviationOf(image: Uint8Array, channels: number): number {
  const pixels = image.length / channels;
  let sum = 0;
  for (let channel = 0; channel < channels; channel++) {
    let [total, squares] = [0, 0];
    for (let index = channel; index < image.length; index += channels) {
      total += image[index]!;
      squares += image[index]! ** 2;
    }
    // In integers, which are exact.
    sum += pixels * squares - total ** 2;
  }
  return Math.sqrt(sum / channels) / pixels;
}
