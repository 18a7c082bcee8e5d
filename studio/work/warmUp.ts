// Loads the runtime in a worker before its first task.
import { compile, input, operations } from 'emerging-flows/tensor';

/** Compiles a program, which loads the runtime: while the first model is fetched, or the page is drawn. */
export function warmUp(options: Parameters<typeof compile>[1] = {}): void {
  const x = input('x', [1]);
  compile({ inputs: { x }, outputs: { y: operations.exp(x) } }, options).then(
    (program) => program.release(),
    () => {
      // The first task retries, and reports the error.
    },
  );
}
