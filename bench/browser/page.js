// The page that `bench/browser.ts` times: it hands each task to a new worker, and watches how long it cannot answer.
globalThis.run = (request) =>
  new Promise((resolve, reject) => {
    let longest = 0;
    let last = performance.now();
    const beat = setInterval(() => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }, 10);
    const worker = new Worker('/worker.js', { type: 'module' });
    const end = (work) => {
      clearInterval(beat);
      worker.terminate();
      work();
    };
    worker.onerror = ({ message }) => end(() => reject(new Error(message)));
    worker.onmessage = ({ data: { result, failure } }) =>
      end(() => (failure ? reject(new Error(failure)) : resolve({ ...result, longestPause: longest })));
    worker.postMessage({ ...request, clickedAt: Date.now() });
  });
