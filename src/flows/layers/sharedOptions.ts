// The options that several parts have.
import { oddNumber, option, wholeNumber } from '../../core/parts/index.ts';

/** The most channels inside a network. */
export const MOST_CHANNELS = 8192;

/** The side of a kernel. */
export const kernelSizeOption = option('The side length of the kernel; odd.', oddNumber(3, 255), 3);

/** The spacing of its taps. */
export const dilationOption = option("The spacing of the kernel's taps.", wholeNumber(1, 255), 1);
