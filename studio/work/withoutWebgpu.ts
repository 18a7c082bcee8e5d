// In place of the runtime for WebGPU, which is not part of the page.
throw new Error('the studio computes on the CPU');
