// Replaces the WebGPU runtime, which the page doesn't include.
throw new Error('the studio computes on the CPU');
